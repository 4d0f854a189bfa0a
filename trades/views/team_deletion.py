"""The page before the end of a team."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import Can, team_for
from accounts.forms import TypedNameForm
from accounts.reauthentication import recently_authenticated
from accounts.views.asking import Ask, answered, sent
from trades.services.team_deletion import delete_team


@require_http_methods(["GET", "POST"])
@recently_authenticated
def team_delete(request: HttpRequest, team: str) -> HttpResponse:
    membership = team_for(request, team, need=Can.TEAM)
    name = membership.team.name
    ask = Ask(
        title=f"Delete {name}?",
        text="Everybody loses the team at once, you too. Export first what you want to keep.",
        notice=(
            "Secrets and trade links of all keys are erased now; the keys themselves live on at the"
            " markets: revoke them there. All trades, sells, figures and inventories mirrored for"
            " this team are deleted for good. The record of who did what stays with the operator."
        ),
        button="Delete the team",
        back=reverse("team", args=[team]),
        is_grave=True,
    )

    def deed() -> str:
        delete_team(team=membership.team, by=membership.user)
        return f"{name} is deleted."

    form = TypedNameForm(sent(request), expected=name)
    return answered(request, membership, form, ask, deed, after=reverse("home"))
