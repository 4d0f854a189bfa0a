"""The WSGI application that granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from dashboard.launch import groups

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

if os.environ.get(groups.LAUNCHED):
    groups.end_with_parent(os.getppid())  # granian's own processes would outlive it

application = get_wsgi_application()
if settings.TRUSTED_PROXIES:
    # From then on REMOTE_ADDR is the visitor, as rate limits and sessions need it.
    application = wrap_wsgi_with_proxy_headers(application, settings.TRUSTED_PROXIES)
