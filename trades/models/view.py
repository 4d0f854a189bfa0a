"""Saved views: a filter of the history with its order and columns, under a name."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Team

LONGEST_NAME = 60


class SavedView(models.Model):
    """A person's own, or the team's where nobody is ``owner``."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="saved_views")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True)
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.TextField(blank=True)  # what stands after "?" in its address
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "owner", "name"],
                condition=Q(owner__isnull=False),
                name="one_view_a_name_and_person",
            ),
            models.UniqueConstraint(
                fields=["team", "name"],
                condition=Q(owner__isnull=True),
                name="one_team_view_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shared(self) -> bool:
        return self.owner_id is None


class DefaultView(models.Model):
    """Which view a person's way to the history leads to."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="defaults")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="one_default_view_a_person")
        ]

    def __str__(self) -> str:
        return f"default of person {self.user_id}"
