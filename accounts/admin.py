"""People, teams and the audit, for operators. Nothing sealed is loaded or shown."""

from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from accounts import audit
from accounts.access import Can, second_factors_of
from accounts.models import (
    AuditEntry,
    Invitation,
    Membership,
    Role,
    Team,
    User,
)
from accounts.services.teams import lock_team
from dashboard.operators import OperatorAdmin, one_of, since

YES_OR_NO = ((True, "yes"), (False, "no"))

if TYPE_CHECKING:  # generic for the type checker alone
    _MembershipForm = forms.ModelForm[Membership]
else:
    _MembershipForm = forms.ModelForm


@admin.register(User)
class UserAdmin(OperatorAdmin):
    """Nobody sets another person's password: they reset it by e-mail."""

    list_display = (
        *("email", "second_factor", "is_active", "is_staff", "is_superuser"),
        *("date_joined", "last_login"),
    )
    list_filter = (one_of("is_active", YES_OR_NO), one_of("is_staff", YES_OR_NO))
    exact = ("email",)
    hidden = frozenset({"password"})
    editable = ("is_active", "is_staff", "is_superuser")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people: QuerySet[Any] = super().get_queryset(request)
        with_factor: QuerySet[Any] = people.annotate(
            has_factor=Exists(second_factors_of(OuterRef("pk")))
        )
        return with_factor

    @admin.display(boolean=True, description="second factor")
    def second_factor(self, user: Any) -> bool:
        return bool(user.has_factor)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _record(request, "person.changed-by-operator", obj, None, form)


@admin.register(Team)
class TeamAdmin(OperatorAdmin):
    list_display = ("name", "slug", "time_zone", "created_at")
    exact = ("slug",)
    editable = ("name",)

    def save_model(self, request: HttpRequest, obj: Team, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _record(request, "team.changed-by-operator", obj, obj, form)


class MembershipForm(_MembershipForm):
    def clean_role(self) -> str:
        role: str = self.cleaned_data["role"]
        lock_team(self.instance.team, None, Can.READ)  # until the change is committed
        if self.instance.role == Role.OWNER and role != Role.OWNER and not self._others_own():
            raise forms.ValidationError("A team keeps at least one owner.")
        return role

    def _others_own(self) -> bool:
        owners = Membership.objects.filter(team=self.instance.team_id, role=Role.OWNER)
        return owners.exclude(pk=self.instance.pk).exists()


@admin.register(Membership)
class MembershipAdmin(OperatorAdmin):
    form = MembershipForm
    list_display = ("team", "user", "role", "created_at")
    list_select_related = ("team", "user")
    list_filter = (one_of("role", Role.choices),)
    exact = ("team__slug", "user__email")
    editable = ("role",)

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        _record(request, "member.changed-by-operator", obj, obj.team, form)


@admin.register(Invitation)
class InvitationAdmin(OperatorAdmin):
    list_display = ("team", "email", "role", "invited_by", "expires_at", "accepted_at")
    list_select_related = ("team", "invited_by")
    exact = ("email", "team__slug")
    hidden = frozenset({"token_hash"})


@admin.register(AuditEntry)
class AuditEntryAdmin(OperatorAdmin):
    list_display = ("at", "team", "actor_email", "verb", "object_type", "object_id")
    list_select_related = ("team",)
    list_filter = (since("at", via="team"),)
    exact = ("team__slug", "actor__email")


@admin.register(EmailAddress)
class EmailAddressAdmin(OperatorAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_select_related = ("user",)
    exact = ("email",)


@admin.register(LogEntry)
class LogEntryAdmin(OperatorAdmin):
    list_display = ("action_time", "user", "content_type", "object_id", "object_repr")
    list_select_related = ("user", "content_type")
    exact = ("user__email",)


def _record(
    request: HttpRequest, verb: str, obj: User | Team | Membership, team: Team | None, form: Any
) -> None:
    """In the transaction that the admin opens around each change."""
    actor = request.user if isinstance(request.user, User) else None
    changed = {"fields": list(form.changed_data)}
    audit.record(verb, team=team, actor=actor, obj=obj, detail=changed)
