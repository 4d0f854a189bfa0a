"""What the upstream of an account can do: pages offer that and nothing else."""

from trades.upstreams.registry import UPSTREAMS, Capability


def able(capability: Capability) -> list[str]:
    """Slugs of the upstreams that can."""
    return [each.slug for each in UPSTREAMS.values() if capability in each.capabilities]


def sells(upstream: str) -> bool:
    return upstream in able(Capability.CREATES)


def reports_statistics(upstream: str) -> bool:
    return upstream in able(Capability.REPORTS_STATISTICS)
