"""Whether somebody whom a hospital's record describes has a ketamine infusion coming here."""

from __future__ import annotations

from unwound.exchange.fhir import Identity
from unwound.session import SessionState
from unwound_clinic.models import InfusionSession, Site

OVER = (SessionState.DISCHARGED, SessionState.ABORTED)


def has_course(site: Site, identity: Identity) -> bool:
    """Whether one patient of the site has both the record number and the birth date, and a session that is not over.

    A number alone may be somebody else's in another hospital, and a birth date is many people's.
    """
    if not identity.numbers or identity.born is None or identity.born[0] != identity.born[1]:
        return False
    sessions = InfusionSession.objects.filter(
        site=site,
        ended_at=None,
        patient__number__in=identity.numbers,
        patient__birth_date=identity.born[0],
        patient__merged_into=None,
    )
    return sessions.exclude(state__in=OVER).exists()
