"""The end of a team: closed at once, its rows deleted by and by."""

from django.db import transaction

from accounts.models import Team, User
from accounts.services import close_team
from dashboard.errors import UserError
from trades.models import SellRequest, SellState

UNDER_WAY = [SellState.QUEUED, SellState.SENDING, SellState.UNKNOWN]


@transaction.atomic
def delete_team(*, team: Team, by: User) -> None:
    """Refused while the fate of a sell is open: its answer would find nobody."""
    if SellRequest.objects.filter(team=team, state__in=UNDER_WAY).exists():
        raise UserError("A sell is under way. Wait until the market has answered, then try again.")
    close_team(team=team, by=by)
