"""WHO: people, teams, what they may do, and the keys they store."""

from accounts.models.audit import AuditEntry
from accounts.models.key import KeyState, MarketAccount, Upstream, UpstreamKey
from accounts.models.team import Invitation, Membership, Role, Team
from accounts.models.user import User

__all__ = [
    "AuditEntry",
    "Invitation",
    "KeyState",
    "MarketAccount",
    "Membership",
    "Role",
    "Team",
    "Upstream",
    "UpstreamKey",
    "User",
]
