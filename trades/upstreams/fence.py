"""Hosts that this process may not call: under a setting, all but this machine."""

import ipaddress
import os

LOOPBACK_ONLY_VARIABLE = "SELLSIDE_LOOPBACK_ONLY"


def is_loopback(host: str) -> bool:
    """Only ``localhost`` and literal loopback addresses: a name could resolve to anything."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def forbidden(host: str, *, loopback_only: bool | None) -> str:
    """The sentence of the refusal, "" when the host may be called."""
    if loopback_only is None:
        loopback_only = os.environ.get(LOOPBACK_ONLY_VARIABLE) == "1"
    if not loopback_only or is_loopback(host):
        return ""
    return f"{host} is not this machine, and {LOOPBACK_ONLY_VARIABLE}=1 allows no other"
