"""What the upstream of an account can do: pages offer that and nothing else."""

from trades.upstreams.registry import UPSTREAMS, Capability


def able(capability: Capability) -> list[str]:
    """Slugs of the upstreams that can."""
    return [each.slug for each in UPSTREAMS.values() if capability in each.capabilities]


def sells(upstream: str) -> bool:
    return upstream in able(Capability.CREATES)


def resends(upstream: str) -> bool:
    return upstream in resending()


def resending() -> list[str]:
    return able(Capability.RESENDS)


def deed_of(upstream: str) -> str:
    """What a key of it is good for beside reading, in a word; "" for nothing."""
    if sells(upstream):
        return "sell"
    return "resend" if resends(upstream) else ""


def lists_trades(upstream: str) -> bool:
    return upstream in able(Capability.LISTS_TRADES)


def reports_statistics(upstream: str) -> bool:
    return upstream in able(Capability.REPORTS_STATISTICS)
