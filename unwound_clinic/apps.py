"""The Django application."""

from django.apps import AppConfig


class Clinic(AppConfig):
    """The clinic."""

    name = "unwound_clinic"
    verbose_name = "Unwound"
