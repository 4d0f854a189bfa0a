"""The product's addresses and one that breaks with secrets in its hands."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from accounts.models import UpstreamKey
from dashboard.urls import urlpatterns as product
from trades.connect import open_client


def crash(request: HttpRequest, pk: int) -> HttpResponse:
    key = UpstreamKey.objects.get(pk=pk)
    secret = key.open_secret()
    with open_client(key) as client:
        raise RuntimeError(f"{request} {key!r} {secret!r} {client!r} {vars(client)!r}")


urlpatterns = [path("crash/<int:pk>/", crash), *product]
