"""What a VPSBot answer means: decided by its body, under any status.

``{"success": true, "data": ...}`` is success and ``{"success": false, "error": "..."}`` a refusal;
anything else is not VPSBot's own word. 429 and 5xx never come here: http.py has named them.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from trades.upstreams.answers import ABOUT_THE_KEY, not_its_own, on_one_line
from trades.upstreams.calls import Answer
from trades.upstreams.errors import (
    Conflict,
    KeyRejected,
    NotFound,
    OutcomeUnknown,
    Refused,
    UpstreamError,
)
from trades.upstreams.records import SellReceipt
from trades.upstreams.redaction import cut_tokens_from_text
from trades.upstreams.scalars import Unreadable
from trades.upstreams.vpsbot import sell
from trades.upstreams.vpsbot.parse import NULL, decoded
from trades.upstreams.vpsbot.surrogates import without_lone_surrogates

T = TypeVar("T")

NOT_THERE = frozenset({(404, "Trade not found")})  # the closed list: nothing else means "none"


class _Envelope(msgspec.Struct):
    success: Any = None
    data: msgspec.Raw = NULL
    error: Any = None
    message: Any = None


_read_envelope = msgspec.json.Decoder(_Envelope).decode


def understood(answer: Answer, read: Callable[[msgspec.Raw], T]) -> T:
    """``data`` of a read, read; otherwise the error that names what to do next."""
    try:
        envelope = _opened(answer.body)
        if envelope.success is not True:
            raise _no_success(answer, envelope)
        return read(envelope.data)
    except Unreadable as wrong:
        raise not_its_own(answer, str(wrong)) from None


def receipt(answer: Answer, custom_id: str) -> SellReceipt:
    """The answer to a create. Only a refusal in VPSBot's own words proves that nothing happened."""
    try:
        envelope = _opened(answer.body)
        if envelope.success is True and answer.status == HTTPStatus.CREATED:
            return sell.receipt(envelope.data, custom_id)
    except Unreadable:
        raise answer.failure(OutcomeUnknown, "the answer cannot be read") from None
    if envelope.success is not False:
        raise answer.failure(OutcomeUnknown, "the answer is neither receipt nor refusal")
    raise _create_refusal(answer, _sentence(envelope))


def _create_refusal(answer: Answer, sentence: str) -> UpstreamError:
    match answer.status:
        case HTTPStatus.BAD_REQUEST:
            return answer.failure(Refused, sentence)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return answer.failure(KeyRejected, sentence)
        case HTTPStatus.CONFLICT:
            return answer.failure(Conflict, sentence)
        case _:
            return answer.failure(OutcomeUnknown, "an undocumented refusal")


def _opened(body: bytes) -> _Envelope:
    try:
        return decoded(_read_envelope, body)
    except Unreadable:
        return decoded(_read_envelope, without_lone_surrogates(body))


def _no_success(answer: Answer, envelope: _Envelope) -> UpstreamError:
    if envelope.success is not False:
        return not_its_own(answer, "it does not say whether it succeeded")
    sentence = _sentence(envelope)
    if answer.status in ABOUT_THE_KEY:
        return answer.failure(KeyRejected, sentence)
    if (answer.status, sentence) in NOT_THERE:
        return answer.failure(NotFound, sentence)
    return answer.failure(Refused, sentence)


def _sentence(envelope: _Envelope) -> str:
    """The upstream's own words, on one line, without tokens."""
    for said in (envelope.error, envelope.message):
        words = said.get("message") if isinstance(said, dict) else said
        if isinstance(words, str) and words.strip():
            return on_one_line(cut_tokens_from_text(words))
    return "no reason given"
