"""Everything sealed, sealed anew with the first encryption key, beside live traffic.

Each value is changed by itself, and only while it still is what was read, so a value that somebody
replaces meanwhile is left to them: it bears the first key already.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import BinaryField, Model

from accounts.crypto import SealBroken, resealed

SUFFIX = "_sealed"  # what a field of sealed bytes is called
_SECRETS_OF_A_FACTOR = ("secret", "seed", "migrated_codes")
DONE, KEPT, CLOSED = "sealed anew", "sealed with the first key already", "not to be opened"
MOST_TRIES = 5


def reseal_everything() -> Counter[str]:
    """How many values ended up how: ``DONE``, ``KEPT``, ``CLOSED``."""
    ends: Counter[str] = Counter()
    for model, field in sealed_fields():
        for pk in model._base_manager.exclude(**{field: b""}).values_list("pk", flat=True):
            ends[_reseal_row(model, field, pk)] += 1
    for pk in Authenticator.objects.values_list("pk", flat=True):
        ends[_reseal_factor(pk)] += 1
    return ends


def sealed_fields() -> Iterator[tuple[type[Model], str]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, BinaryField) and field.name.endswith(SUFFIX):
                yield model, field.name


def _reseal_row(model: type[Model], field: str, pk: Any) -> str:
    for _ in range(MOST_TRIES):
        row = model._base_manager.filter(pk=pk)
        sealed = bytes(row.values_list(field, flat=True).first() or b"")
        try:
            anew = resealed(sealed) if sealed else sealed
        except SealBroken:
            return CLOSED
        if anew == sealed:
            return KEPT
        if row.filter(**{field: sealed}).update(**{field: anew}):
            return DONE
    return CLOSED


def _reseal_factor(pk: int) -> str:
    """Secrets of a second factor lie in a document of allauth's."""
    for _ in range(MOST_TRIES):
        row = Authenticator.objects.filter(pk=pk)
        data: dict[str, Any] = row.values_list("data", flat=True).first() or {}
        try:
            anew = {name: _anew(name, value) for name, value in data.items()}
        except SealBroken:
            return CLOSED
        if anew == data:
            return KEPT
        if row.filter(data=data).update(data=anew):
            return DONE
    return CLOSED


def _anew(name: str, value: Any) -> Any:
    if name not in _SECRETS_OF_A_FACTOR or not value:
        return value
    if isinstance(value, list):
        return [resealed(str(each).encode()).decode() for each in value]
    return resealed(str(value).encode()).decode()
