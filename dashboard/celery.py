"""The Celery app. The database is the queue of record: tasks only wake what is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

app = Celery("sellside")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
