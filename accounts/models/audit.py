"""Who did what, when; written once, never changed."""

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.models.team import Team


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Append only in bulk too. When a person or team goes, Django's own SET_NULL passes below."""

    def update(self, **columns: Any) -> NoReturn:
        raise PermissionError("audit entries are never changed")

    def delete(self) -> NoReturn:
        raise PermissionError("audit entries are never deleted")


class AuditEntry(models.Model):
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="audit")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, db_index=False
    )
    actor_email = models.CharField(max_length=254, blank=True)  # stays when the person goes
    verb = models.CharField(max_length=40)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=36, blank=True)  # "" = no request: worker, command
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AuditQuerySet] = AuditQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["team", "-at", "-id"], name="audit_by_team"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_email or 'system'} {self.verb}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Append only: a second save of the same entry is refused."""
        if not self._state.adding:
            raise PermissionError("audit entries are never changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise PermissionError("audit entries are never deleted")
