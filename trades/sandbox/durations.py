"""How long the steps of a trade take. Real time always: a demo shortens the steps."""

import math
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Durations:
    """Seconds. ``jitter`` 0.5 draws offer and accept from 0.5 to 1.5 of their length."""

    offer: float = 5.0  # from the create to the Steam offer
    accept: float = 25.0  # from the offer to its end
    settlement: float = 7 * 86_400.0  # from the acceptance to the free money, CS2 alone
    jitter: float = 0.0

    def drawn(self, seconds: float, salt: str) -> int:
        """Whole seconds; the same salt draws the same length."""
        return math.ceil(seconds * (1 + self.jitter * (2 * fraction(salt) - 1)))


DEMO_DURATIONS = Durations(offer=4.0, accept=20.0, settlement=240.0, jitter=0.5)


def fraction(salt: str) -> float:
    """A number from 0 to 1 that looks random and is always the same for one salt."""
    return zlib.crc32(salt.encode()) / 2**32
