"""The WSGI application that granian serves."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from dashboard.launch import groups
from dashboard.start_up import refuse_other_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

if os.environ.get(groups.LAUNCHED):
    groups.end_with_parent(os.getppid())  # granian's own processes would outlive it

application = get_wsgi_application()
refuse_other_keys()
connections.close_all()  # the threads that serve pages open their own
if settings.TRUSTED_PROXIES:
    # From then on REMOTE_ADDR is the visitor, as rate limits and sessions need it.
    application = wrap_wsgi_with_proxy_headers(application, settings.TRUSTED_PROXIES)
