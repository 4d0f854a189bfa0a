"""What a Mannco answer means: decided by its body, under any status.

``{"err": false, "success": true, "content": ...}`` is success (seed); other editions say
``{"status": "success", "data": ...}``. A refusal comes as HTTP 300, 200 or 400 with its sentence in
``content``, ``content.message`` or ``message``. 429 and 5xx never come here: http.py names them.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

import msgspec

from trades.upstreams.answers import ABOUT_THE_KEY, not_its_own, on_one_line
from trades.upstreams.calls import Answer
from trades.upstreams.errors import (
    KeyRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Refused,
    UpstreamError,
)
from trades.upstreams.redaction import cut_tokens_from_text
from trades.upstreams.scalars import Unreadable

T = TypeVar("T")
NULL = msgspec.Raw(b"null")
NOT_ABOUT_THE_KEY = frozenset({"Country blocked"})  # the closed list of other 403s
_WAIT = re.compile(r"try again in (\d{1,5}) second", re.IGNORECASE)


class _Envelope(msgspec.Struct):
    success: Any = None
    err: Any = None
    status: Any = None
    content: msgspec.Raw = NULL
    data: msgspec.Raw = NULL
    message: Any = None

    @property
    def succeeded(self) -> bool:
        return self.success is True or (self.success is None and self.status == "success")

    @property
    def failed(self) -> bool:
        return self.success is False or self.err in (True, 1) or self.status == "error"

    @property
    def what(self) -> msgspec.Raw:
        return self.data if self.content == NULL else self.content


_read_envelope = msgspec.json.Decoder(_Envelope).decode
_read_any = msgspec.json.Decoder().decode


def understood(answer: Answer, read: Callable[[msgspec.Raw], T]) -> T:
    """The content of a success, read; otherwise the error that names what to do next."""
    try:
        envelope = _opened(answer)
        if envelope.succeeded:
            return read(envelope.what)
    except Unreadable as wrong:
        raise not_its_own(answer, str(wrong)) from None
    if not envelope.failed:
        raise not_its_own(answer, "it does not say whether it succeeded")
    raise _refusal(answer, envelope)


def done(answer: Answer, read: Callable[[msgspec.Raw], T]) -> T:
    """The answer to what changes something: only Mannco's own refusal proves that nothing did."""
    try:
        envelope = _opened(answer)
        if envelope.succeeded:
            return read(envelope.what)
    except Unreadable:
        raise answer.failure(OutcomeUnknown, "the answer cannot be read") from None
    if not envelope.failed:
        raise answer.failure(OutcomeUnknown, "the answer is neither receipt nor refusal")
    raise _refusal(answer, envelope)


def _opened(answer: Answer) -> _Envelope:
    try:
        return _read_envelope(answer.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Unreadable("not the documented JSON") from None


def _refusal(answer: Answer, envelope: _Envelope) -> UpstreamError:
    sentence = _sentence(envelope)
    if wait := _WAIT.search(sentence):
        limited = answer.failure(RateLimited, "too many calls")
        limited.retry_after = float(wait[1])
        return limited
    if answer.status in ABOUT_THE_KEY and sentence not in NOT_ABOUT_THE_KEY:
        return answer.failure(KeyRejected, sentence)
    if answer.status == HTTPStatus.NOT_FOUND:
        return answer.failure(NotFound, sentence)
    return answer.failure(Refused, sentence)


def _sentence(envelope: _Envelope) -> str:
    """Mannco's own words, on one line, without tokens."""
    content = _plain(envelope.what)
    nested = content.get("message") if isinstance(content, dict) else None
    for said in (content, nested, envelope.message):
        if isinstance(said, str) and said.strip():
            return on_one_line(cut_tokens_from_text(said))
    return "no reason given"


def _plain(raw: msgspec.Raw) -> Any:
    try:
        return _read_any(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
