"""One page that says how the installation is."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from trades.services.health import figures

PAGE = "admin/health.html"


def health(request: HttpRequest) -> HttpResponse:
    found = figures()
    context = {
        **admin.site.each_context(request),
        "title": "Health",
        "figures": found,
        "trouble": sum(figure.is_bad for figure in found),
    }
    return TemplateResponse(request, PAGE, context)


admin.site.add_page("health/", health, name="health")  # type: ignore[attr-defined]  # of OperatorSite
