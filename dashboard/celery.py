"""The Celery app. The database is the queue of record: tasks only wake what is due."""

import os

from celery import Celery
from celery.signals import worker_init

from dashboard.start_up import refuse_other_keys, spare_the_collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

TICK_SECONDS = 1.0

worker_init.connect(lambda **_: refuse_other_keys(), weak=False)
worker_init.connect(lambda **_: spare_the_collector(), weak=False)
app = Celery("sellside")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "tick": {
        "task": "trades.tasks.sync_due",
        "schedule": TICK_SECONDS,
        # A tick that waited behind others is void: the next one sees the same work.
        "options": {"expires": TICK_SECONDS * 2},
    },
    "keep-house": {"task": "trades.tasks.keep_house", "schedule": 3600.0},
}
