"""What a person sets about themselves."""

from django.db import transaction

from accounts import audit, zones
from accounts.models import User
from dashboard.errors import UserError


@transaction.atomic
def set_time_zone(*, user: User, name: str) -> None:
    """The zone that times are shown in; a team's accounting zone is another matter."""
    if name not in zones.names():
        raise UserError("Choose a time zone from the list.")
    if user.time_zone == name:
        return
    user.time_zone = name
    user.save(update_fields=["time_zone"])
    audit.record("person.time-zone-set", team=None, actor=user, obj=user, detail={"zone": name})
