"""The Django application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig

if TYPE_CHECKING:
    from unwound_clinic.treatment.repeated import Objection


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
        """Listens for log-ins, and names who knows what came of earlier courses, once every model is known."""
        from unwound_clinic.core import logins, notices
        from unwound_clinic.treatment import repeated

        repeated.answered_by(_against_another)

        logins.connect()
        notices.connect()


def _against_another(*asked: Any) -> Sequence[Objection]:
    # Loaded with the first question: forecasts need numpy, which nothing needs at the start.
    from unwound_clinic.follow_up import again

    return again.objections(*asked)
