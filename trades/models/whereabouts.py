"""Where in time a row without an id stands, as far as answers told."""

from django.db import models

from trades.models.trade import BadRecord


class Whereabouts(models.Model):
    """What a whole answer of this stretch would show, as long as the market has the row."""

    bad = models.OneToOneField(
        BadRecord, on_delete=models.CASCADE, primary_key=True, related_name="whereabouts"
    )
    start = models.DateTimeField(null=True)  # null = no end there
    end = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.bad_id}: {self.start or 'the beginning'} to {self.end or 'now'}"
