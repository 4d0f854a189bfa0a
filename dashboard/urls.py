"""All routes. The apps bring theirs by name, so that this package imports none of them."""

from django.contrib import admin
from django.urls import include, path

from dashboard.views import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/second-factor/", include("allauth.mfa.urls")),
    path("accounts/sessions/", include("allauth.usersessions.urls")),
    path("", include("accounts.urls")),
    path("t/<slug:team>/", include("accounts.team_urls")),
    path("t/<slug:team>/", include("trades.urls")),
]
