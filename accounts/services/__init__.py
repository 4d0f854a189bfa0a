"""Deeds of people on themselves, teams and keys: each with its audit entry in one transaction."""

from accounts.services.keys import (
    pause_key,
    remove_key,
    replace_secret,
    resume_key,
    set_team_may_sell,
    set_trade_link,
    store_key,
)
from accounts.services.people import set_time_zone
from accounts.services.teams import add_member, create_personal_team, create_team

__all__ = [
    "add_member",
    "create_personal_team",
    "create_team",
    "pause_key",
    "remove_key",
    "replace_secret",
    "resume_key",
    "set_team_may_sell",
    "set_time_zone",
    "set_trade_link",
    "store_key",
]
