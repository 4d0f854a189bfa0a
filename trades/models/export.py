"""Files of trades on their way and ready to fetch. Their bytes lie in the database, so that the
machine that made one need not be the machine that serves it."""

from django.conf import settings
from django.db import models

from accounts.models import Team


class ExportState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    MAKING = "making", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (ExportState.QUEUED, ExportState.MAKING)


class ExportFormat(models.TextChoices):
    CSV = "csv", "CSV"
    JSON_LINES = "jsonl", "JSON Lines"


class Export(models.Model):
    """One file, private to the person who asked for it, gone after ``expires_at``."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="exports")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="exports"
    )
    params = models.JSONField()  # of a TradeFilter: [[name, text], ...]
    columns = models.JSONField()  # names of trades.exports.columns
    format = models.CharField(max_length=5, choices=ExportFormat.choices)
    has_preface = models.BooleanField(default=True)
    zone = models.CharField(max_length=64)  # of its days and times: the team's, when it was asked
    state = models.CharField(
        max_length=9, choices=ExportState.choices, default=ExportState.QUEUED, db_index=True
    )
    error = models.CharField(max_length=300, blank=True)
    rows_total = models.BigIntegerField(null=True)  # null = not counted yet
    rows_done = models.BigIntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)  # as it is sent
    created_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["team", "by", "-created_at"], name="export_newest")]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportChunk(models.Model):
    """A stretch of the file, zlib-compressed."""

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.IntegerField()
    packed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="one_chunk_a_number")
        ]

    def __str__(self) -> str:
        return f"chunk {self.number} of export {self.export_id}"
