"""The guard's banner, on every page of a team until somebody acknowledges it."""

from typing import Any

from django import template

from accounts.access import Can, may
from accounts.models import Membership
from trades.services.alarms import MOST_SHOWN, unseen
from trades.views.offer_rows import alarm_sentence

register = template.Library()


@register.inclusion_tag("ui/guard.html", takes_context=True)
def guard_banner(context: dict[str, Any], membership: Membership) -> dict[str, Any]:
    """One query, whatever the page."""
    found = list(unseen(membership.team)[: MOST_SHOWN + 1])
    return {
        "alarms": [(offer, alarm_sentence(offer)) for offer in found[:MOST_SHOWN]],
        "has_more": len(found) > MOST_SHOWN,
        "may_acknowledge": may(membership, Can.SELL),
        "slug": membership.team.slug,
        "csrf_token": context.get("csrf_token", ""),
    }
