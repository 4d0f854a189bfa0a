"""The operators' site: Django's admin behind the product's own sign-in, made for large tables.

Only what is written for it is registered. Everything is read-only unless an admin class names
editable fields, and no page loads what its rows keep in binary columns (sealed, packed, sent).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property, update_wrapper
from typing import TYPE_CHECKING, Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import BinaryField, Field, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern
from django.urls import path as address
from django.views.decorators.http import require_safe

from dashboard import clock

MOST_LISTED = 1000
MOST_FOUND = 100
DAYS = {"1": "last 24 hours", "7": "last 7 days", "30": "last 30 days"}
LONGEST_ID = 18  # digits that every id column takes

if TYPE_CHECKING:  # generic for the type checker alone
    _ModelAdmin = admin.ModelAdmin[Any]
    _Paginator = Paginator[Any]
else:
    _ModelAdmin, _Paginator = admin.ModelAdmin, Paginator


class OperatorSite(admin.AdminSite):
    site_header = site_title = "Sellside for operators"
    index_title = "Everything stored, without its secrets"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []

    def add_page(self, route: str, view: Callable[..., HttpResponse], *, name: str) -> None:
        """A page of an app's own, for operators alone; it is read, so nothing is posted to it."""
        self._pages.append(address(route, self.admin_view(require_safe(view)), name=name))

    def get_urls(self) -> list[Any]:
        return [*self._pages, *super().get_urls()]

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """What other packages register by themselves knows neither large tables nor secrets."""
        if admin_class is not None and issubclass(admin_class, OperatorAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Who is signed in and no operator is refused at once, not asked to sign in again."""
        guarded = super().admin_view(view, cacheable)

        def for_operators(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            response: HttpResponse = guarded(request, *args, **kwargs)
            return response

        return update_wrapper(for_operators, guarded)

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del extra_context
        return _sign_in(request)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del extra_context
        return LogoutView.as_view(next_page="account_login")(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        del request, extra_context
        return redirect("account_change_password")


OperatorSite.login = login_not_required(OperatorSite.login)  # type: ignore[method-assign]


@secure_admin_login  # type: ignore[untyped-decorator]
def _sign_in(request: HttpRequest) -> HttpResponse:
    """Reached by operators alone: everyone else was sent to sign in, or refused."""
    del request
    return redirect("admin:index")


class BoundedPaginator(_Paginator):
    """Pages over the first thousand rows; it never counts further."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        found: int = rows.order_by()[:MOST_LISTED].count()
        return found


class NewestFirst(ChangeList):
    """In the order of the primary key, which every table has an index for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.result_count >= MOST_LISTED:
            self.title = f"The newest {MOST_LISTED:,}: search or filter for others"

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        return ["-pk"]


class OperatorAdmin(_ModelAdmin):
    """Read-only, newest first, searched by exact values.

    ``exact`` names what is searched; "account>upstream_id" searches ``upstream_id`` account by
    account, for columns that an index knows only behind another one.
    """

    actions: Sequence[str] | None = None
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    sortable_by: ClassVar[tuple[str, ...]] = ()
    search_fields = ("pk",)  # so that there is a field to type into; see get_search_results

    hidden: ClassVar[frozenset[str]] = frozenset()
    editable: ClassVar[tuple[str, ...]] = ()
    exact: ClassVar[tuple[str, ...]] = ()

    # -- who may --

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators look; only superusers change, and only what is named editable."""
        may_view = self.has_view_permission(request, obj)
        return may_view and bool(self.editable) and bool(getattr(request.user, "is_superuser", 0))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # -- what is shown --

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*self._withheld())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        withheld = self._withheld()
        return [field.name for field in self._columns() if field.name not in withheld]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        may_change = self.has_change_permission(request, obj)
        editable = self.editable if may_change else ()
        return [name for name in self.get_fields(request, obj) if name not in editable]

    def _columns(self) -> "list[Field[Any, Any]]":
        return list(self.opts.concrete_fields)

    def _withheld(self) -> set[str]:
        binary = {field.name for field in self._columns() if isinstance(field, BinaryField)}
        return binary | self.hidden

    # -- lists --

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NewestFirst

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """Addresses filter by the filters on the page alone: others could guess at secrets."""
        return lookup in {one.parameter_name for one in self.list_filter}  # type: ignore[union-attr]

    @property
    def search_help_text(self) -> str:  # type: ignore[override]
        names = [path.split(">")[-1].replace("__", " ").replace("_", " ") for path in self.exact]
        return f"Exactly: {', '.join(['id', *names])}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=self._found(term)) if term else queryset), False

    def _found(self, term: str) -> list[Any]:
        """Each look-up by itself, so that each uses its own index."""
        is_id = term.isascii() and term.isdigit() and len(term) <= LONGEST_ID
        found = [int(term)] if is_id else []
        for path in self.exact:
            via, _, name = path.rpartition(">")
            if is_id or not self._is_reference(name):
                rows = through(self.model._base_manager.all(), via).filter(**{name: term})
                found += rows.order_by().values_list("pk", flat=True)[:MOST_FOUND]
        return found

    def _is_reference(self, name: str) -> bool:
        """A column that holds another row's number, not text."""
        return "__" not in name and bool(self.opts.get_field(name).is_relation)


def through(queryset: QuerySet[Any], via: str) -> QuerySet[Any]:
    """Name every value of the column that the index starts with; "" = nothing to name."""
    if not via:
        return queryset
    related: Any = queryset.model._meta.get_field(via).related_model
    everyone = related._base_manager.order_by().values("pk")
    return queryset.filter(**{f"{via}__in": everyone})


def since(name: str, *, via: str = "") -> type[admin.SimpleListFilter]:
    """A filter by age; ``via`` is the column that the index on ``name`` starts with."""

    class Since(admin.SimpleListFilter):
        title = name.replace("_", " ")
        parameter_name = "since"

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return list(DAYS.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            days = self.value()
            if days not in DAYS:
                return queryset
            start = clock.now() - timedelta(days=int(days))
            return through(queryset, via).filter(**{f"{name}__gte": start})

    return Since


def one_of(
    name: str, choices: Sequence[tuple[Any, Any]], *, via: str = ""
) -> type[admin.SimpleListFilter]:
    """A filter by one of few values, without asking the table which it holds."""

    class OneOf(admin.SimpleListFilter):
        title = name.replace("_", " ")
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [(str(value), str(label)) for value, label in choices]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            if value not in {str(known) for known, _ in choices}:
                return queryset
            return through(queryset, via).filter(**{name: value})

    return OneOf
