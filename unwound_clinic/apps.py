"""The Django application."""

from django.apps import AppConfig


class Clinic(AppConfig):
    """The clinic."""

    name = "unwound_clinic"
    verbose_name = "Unwound"

    def ready(self) -> None:
        """Listens for log-ins, once every model is known."""
        from unwound_clinic.core import logins, notices

        logins.connect()
        notices.connect()
