from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DashboardConfig(AppConfig):
    name = "dashboard"
    verbose_name = "Sellside"


class OperatorsConfig(AdminConfig):
    default_site = "dashboard.operators.OperatorSite"
