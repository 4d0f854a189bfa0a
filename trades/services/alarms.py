"""Offers that nobody expects: what is loud, and who has seen it."""

from django.db import transaction
from django.db.models import QuerySet

from accounts import audit
from accounts.models import Team, User
from dashboard import clock
from trades.models import OfferVerdict, SteamOffer

MOST_SHOWN = 3


def unseen(team: Team) -> QuerySet[SteamOffer]:
    """Newest first: what every page of the team shows until somebody acknowledges it."""
    alarms = SteamOffer.objects.filter(
        team=team, verdict=OfferVerdict.ALARM, acknowledged_at=None
    ).order_by("-sort_at", "-id")
    return alarms.select_related("account")


def acknowledge(*, offer: SteamOffer, by: User) -> bool:
    """False when somebody did so before. The verdict stays: only the noise ends."""
    with transaction.atomic():
        mine = SteamOffer.objects.filter(
            pk=offer.pk, verdict=OfferVerdict.ALARM, acknowledged_at=None
        )
        if not mine.update(acknowledged_at=clock.now(), acknowledged_by=by):
            return False
        detail = {"offer": offer.offer_id, "partner": offer.partner_steamid}
        audit.record("offer.acknowledged", team=offer.team, actor=by, obj=offer, detail=detail)
    return True
