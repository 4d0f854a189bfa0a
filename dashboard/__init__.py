"""The project: configuration and site shell; knows the apps only as dotted strings."""

from dashboard.celery import app as celery_app

__all__ = ["celery_app"]
