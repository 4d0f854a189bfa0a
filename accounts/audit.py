"""Who did what: written in the deed's own transaction, so that neither stands without the other."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import models, transaction

from accounts.crypto import Secret
from accounts.models import AuditEntry, Team, User
from dashboard import request_facts

_SECRET_NAME = re.compile(
    r"secret|token|passw|sealed|credential|api_?key|trade_?link|trade_?url|^key$|jwt", re.IGNORECASE
)
_SECRET_VALUE = re.compile(r"token=|\beyJ[\w-]{8,}\.|[0-9a-f]{32}", re.IGNORECASE)
CUT = "[cut]"
EMAIL = "email"  # the one field where odd text is what a person is called


class NoTransaction(Exception):
    """The deed and its entry would not stand or fall together."""


def record(
    verb: str,
    *,
    team: Team | None,
    actor: User | None,
    obj: models.Model | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Note a deed; ``actor`` None is the system. ``ValueError`` for a detail that is a secret."""
    if not transaction.get_connection().in_atomic_block:
        raise NoTransaction(f"{verb} must be recorded inside the deed's transaction")
    detail = _without_secrets(detail or {})
    return AuditEntry.objects.create(
        team=team,
        actor=actor,
        actor_email=actor.email if actor else "",
        verb=verb,
        object_type=str(obj._meta.model_name) if obj else "",
        object_id=str(obj.pk) if obj else "",
        detail=detail,
        request_id=request_facts.current().request_id,
        address=request_facts.current().address,
    )


def looks_secret(text: str) -> bool:
    """Long hexadecimal, a JWT or a link with a token: never kept in clear."""
    return bool(_SECRET_VALUE.search(text))


def _without_secrets(value: Any) -> Any:
    """A programmer's slip is refused; what a person typed is cut, so that no deed fails for it."""
    if isinstance(value, Secret):
        raise ValueError("an audit entry holds no secret")
    if isinstance(value, Mapping):
        return {name: _field(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return CUT if isinstance(value, str) and looks_secret(value) else value


def _field(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        raise ValueError(f"an audit entry has no field named {name}")
    return value if name == EMAIL and isinstance(value, str) else _without_secrets(value)
