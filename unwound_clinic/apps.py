"""The Django application."""

from django.apps import AppConfig


class Clinic(AppConfig):
    """The clinic."""

    name = "unwound_clinic"
    verbose_name = "Unwound"

    def import_models(self) -> None:
        """Before any model or form is made: what they refuse is said in our words."""
        from unwound_clinic.core import plain_refusals

        plain_refusals.speak()
        super().import_models()

    def ready(self) -> None:
        """Listens for log-ins, once every model is known."""
        from unwound_clinic.core import logins, notices

        logins.connect()
        notices.connect()
