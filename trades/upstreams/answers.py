"""What every reader of answers shares: foreign sentences made fit to show, strangers' answers."""

import unicodedata
from http import HTTPStatus

from trades.upstreams.calls import Answer
from trades.upstreams.errors import Garbled, Unreachable, UpstreamError

ABOUT_THE_KEY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LONGEST_SENTENCE = 500


def not_its_own(answer: Answer, reason: str) -> UpstreamError:
    """A 401, 403 or redirect in other words is a proxy's or a login page's: it proves nothing."""
    redirected = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    if redirected or answer.status in ABOUT_THE_KEY:
        return answer.failure(Unreachable, "something else answered in the market's place")
    return answer.failure(Garbled, f"the answer cannot be read: {reason}")


def on_one_line(words: str) -> str:
    start = words.strip()[: 2 * _LONGEST_SENTENCE]
    shown = "".join(" " if unicodedata.category(each)[0] == "C" else each for each in start)
    return " ".join(shown.split())[:_LONGEST_SENTENCE]
