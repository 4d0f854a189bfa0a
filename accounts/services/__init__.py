"""Deeds of people on themselves, teams and keys: each with its audit entry in one transaction."""

from accounts.services.invitations import (
    accept_invitation,
    invite,
    mail_invitation,
    open_invitation,
    revoke_invitation,
)
from accounts.services.keys import (
    pause_key,
    remove_key,
    replace_secret,
    resume_key,
    set_team_may_sell,
    set_trade_link,
    store_key,
)
from accounts.services.members import change_role, hand_over, leave_team, remove_member
from accounts.services.people import set_time_zone
from accounts.services.teams import (
    add_member,
    close_team,
    create_personal_team,
    create_team,
    rename_team,
    set_accounting_zone,
    set_second_factor_required,
)

__all__ = [
    "accept_invitation",
    "add_member",
    "change_role",
    "close_team",
    "create_personal_team",
    "create_team",
    "hand_over",
    "invite",
    "leave_team",
    "mail_invitation",
    "open_invitation",
    "pause_key",
    "remove_key",
    "remove_member",
    "rename_team",
    "replace_secret",
    "resume_key",
    "revoke_invitation",
    "set_accounting_zone",
    "set_second_factor_required",
    "set_team_may_sell",
    "set_time_zone",
    "set_trade_link",
    "store_key",
]
