"""``manage.py reseal``: after a new first key in ENCRYPTION_KEYS, before the old one goes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services import resealing


class Command(BaseCommand):
    help = (
        "Seal every stored secret anew with the first of ENCRYPTION_KEYS. Runs beside live traffic "
        "and may be run again. When it ends well, the other keys may be taken out."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        ends = resealing.reseal_everything()
        for end in (resealing.DONE, resealing.KEPT, resealing.CLOSED):
            self.stdout.write(f"{ends[end]:8,} {end}")
        if ends[resealing.CLOSED]:
            raise CommandError(
                "Some values were sealed with a key that ENCRYPTION_KEYS does not name. Add it, "
                "then run this again; take no key out before."
            )
        self.stdout.write("Every secret is sealed with the first key; the others may go.")
