"""Sign-ins and what guards them, in the audit: of the person, of no team."""

from typing import Any

from allauth.account.signals import (
    email_changed,
    password_changed,
    password_reset,
    password_set,
)
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import Signal

from accounts import audit
from accounts.models import User

_VERBS: list[tuple[Signal, str]] = [
    (user_logged_in, "person.signed-in"),
    (user_logged_out, "person.signed-out"),
    (password_changed, "person.password-changed"),
    (password_set, "person.password-set"),
    (password_reset, "person.password-reset"),
    (email_changed, "person.address-changed"),
    (authenticator_added, "person.second-factor-added"),
    (authenticator_removed, "person.second-factor-removed"),
    (authenticator_reset, "person.second-factor-reset"),
]


def _note(verb: str, user: User | None, **detail: str) -> None:
    if user is None or not user.pk:
        return
    with transaction.atomic():
        audit.record(verb, team=None, actor=user, obj=user, detail=detail)


def _noting(verb: str) -> Any:
    def note(sender: object, user: User | None = None, **facts: Any) -> None:
        del sender
        factor = facts.get("authenticator")
        _note(verb, user, **({"kind": str(factor.type)} if factor else {}))

    return note


def _note_failure(sender: object, credentials: dict[str, Any], **facts: Any) -> None:
    """Of somebody who is known here; what strangers type is not kept."""
    del sender, facts
    named = credentials.get("email") or credentials.get("login") or credentials.get("username")
    if isinstance(named, str) and "\0" not in named:
        _note("person.sign-in-failed", User.objects.filter(email__iexact=named).first())


for _signal, _verb in _VERBS:
    _signal.connect(_noting(_verb), weak=False, dispatch_uid=_verb)
user_login_failed.connect(_note_failure, dispatch_uid="person.sign-in-failed")
