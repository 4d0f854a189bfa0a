"""Views of the history that people keep under a name, for themselves or for the team.

A person's own are that person's business; the team's are changed by managers, and audited.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts import access, audit
from accounts.access import Can
from accounts.models import Team, User
from dashboard.errors import UserError
from trades.models import DefaultView, SavedView
from trades.models.view import LONGEST_NAME

MOST_VIEWS = 100  # of a person, and of a team
LONGEST_QUERY = 4_000


def visible(team: Team, user_id: int) -> QuerySet[SavedView]:
    """The team's and the person's own."""
    return SavedView.objects.filter(Q(owner=None) | Q(owner=user_id), team=team)


def visible_to(team: Team, user_id: int) -> QuerySet[SavedView]:
    """The same, each with ``is_default``: whether this person's history opens with it."""
    chosen = DefaultView.objects.filter(view=OuterRef("pk"), user=user_id)
    return visible(team, user_id).annotate(is_default=Exists(chosen))


def default_of(team: Team, user_id: int) -> SavedView | None:
    found = DefaultView.objects.filter(team=team, user=user_id).select_related("view").first()
    return found.view if found else None


def save(*, team: Team, by: User, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Under a name that is there already it takes that view's place."""
    name = _fit_name(name)
    if len(query) > LONGEST_QUERY:
        raise UserError("This filter is too long to be saved: it names too many ids.")
    owner = None if is_shared else by
    if is_shared:
        _require_manager(team, by)
    with transaction.atomic():
        if not SavedView.objects.filter(team=team, owner=owner, name=name).exists():
            _require_room(team, owner)
        view, _ = SavedView.objects.update_or_create(
            team=team, owner=owner, name=name, defaults={"query": query}
        )
        _record("view.saved", view, by)
    return view


def rename(*, view: SavedView, by: User, name: str) -> None:
    _require_may_change(view, by)
    before, view.name = view.name, _fit_name(name)
    with _one_a_name(), transaction.atomic():
        view.save(update_fields=["name"])
        _record("view.renamed", view, by, before=before)


def share(*, view: SavedView, by: User) -> None:
    """From now on it is the team's."""
    _require_may_change(view, by)
    _require_manager(view.team, by)
    with _one_a_name(), transaction.atomic():
        _require_room(view.team, None)
        view.owner = None
        view.save(update_fields=["owner"])
        _record("view.shared", view, by)


def unshare(*, view: SavedView, by: User) -> None:
    """From now on it is theirs who does this; nobody else's history opens with it any more."""
    _require_may_change(view, by)
    with _one_a_name(), transaction.atomic():
        _require_room(view.team, by)
        _record("view.unshared", view, by)
        view.owner = by
        view.save(update_fields=["owner"])
        DefaultView.objects.filter(view=view).exclude(user=by).delete()


def delete(*, view: SavedView, by: User) -> None:
    _require_may_change(view, by)
    with transaction.atomic():
        _record("view.deleted", view, by)
        view.delete()


def make_default(*, view: SavedView | None, team: Team, by: User) -> None:
    """None: the way to the history leads to all of it again."""
    if view is None:
        DefaultView.objects.filter(team=team, user=by).delete()
    else:
        DefaultView.objects.update_or_create(team=team, user=by, defaults={"view": view})


def may_change(view: SavedView, user_id: int, *, is_manager: bool) -> bool:
    return is_manager if view.is_shared else view.owner_id == user_id


def _require_may_change(view: SavedView, by: User) -> None:
    is_manager = access.holds(by, view.team, Can.PEOPLE)
    access.require(may_change(view, by.pk, is_manager=is_manager))


def _require_manager(team: Team, by: User) -> None:
    access.require(access.holds(by, team, Can.PEOPLE))


def _require_room(team: Team, owner: User | None) -> None:
    if SavedView.objects.filter(team=team, owner=owner).count() >= MOST_VIEWS:
        raise UserError(f"There are {MOST_VIEWS} saved views already: delete one first.")


def _fit_name(name: str) -> str:
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise UserError(f"A view needs a name of at most {LONGEST_NAME} characters.")
    return name


def _record(verb: str, view: SavedView, by: User, **more: str) -> None:
    if view.is_shared:
        detail = {"name": view.name, **more}
        audit.record(verb, team=view.team, actor=by, obj=view, detail=detail)


@contextmanager
def _one_a_name() -> Iterator[None]:
    """A second view of that name is a sentence."""
    try:
        yield
    except IntegrityError:
        raise UserError("There is a view of that name already.") from None
