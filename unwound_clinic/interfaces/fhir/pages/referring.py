"""A referral by another system: a ServiceRequest is kept as it came, and waits for a person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from unwound_clinic.core import access
from unwound_clinic.interfaces.fhir import answers
from unwound_clinic.interfaces.fhir.answers import Wrong
from unwound_clinic.interfaces.fhir.keys import Session
from unwound_clinic.record import requested
from unwound_clinic.record.actions import referrals

TYPE = "ServiceRequest"
FORMATS = ("application/fhir+json", "application/json")
RELEASES = ("4.0", "4.0.1")
WAITS = (
    "kept as a referral: it waits until a named person of the clinic registers the patient, adds it to a record or "
    "declines. Nothing of it enters a record by itself, and it is not read back here."
)


def create(request: HttpRequest, query: list[tuple[str, str]], who: Session, base: str) -> HttpResponse:
    """201 with what becomes of it, and the same as 200 for the very same content. Wrong for what is not kept."""
    if not who.rights.may_create(TYPE):
        raise Wrong(403, "forbidden", f"the token has no scope system/{TYPE}.c: {who.scope or 'none'}")
    _check_form(request, query)
    by = access.OtherSystem(f"system {who.system.name}", who.system.site_id)
    try:
        row = referrals.receive_request(
            by=by, site=who.system.site, system=who.system.name, content=bytes(request.body)
        )
        status = 201
    except referrals.AlreadyHere as before:
        row, status = before.referral, 200
    except requested.NotTaken as why:
        raise Wrong(400 if why.malformed else 422, why.code, str(why)) from None
    content = answers.outcome(answers.issue("information", "informational", WAITS))
    return answers.shown(content, status, {"Location": f"{base}/{TYPE}/{row.pk}"})


def _check_form(request: HttpRequest, query: list[tuple[str, str]]) -> None:
    """Wrong for another form or release, and for what would be a condition."""
    parameters = request.content_params or {}  # Django writes their names in small letters
    release, letters = parameters.get("fhirversion", "4.0").strip('"'), parameters.get("charset", "utf-8").strip('"')
    if request.content_type not in FORMATS or release not in RELEASES or letters.lower() != "utf-8":
        raise Wrong(415, "not-supported", f"the body has to be {answers.FHIR} of FHIR R4 in UTF-8")
    if request.headers.get("If-None-Exist") is not None:
        raise Wrong(400, "not-supported", "If-None-Exist: there are no conditions here; the same content is kept once")
    strange = [name for name, _ in query if name not in ("_format", "_pretty")]
    if strange:
        raise Wrong(400, "not-supported", f"«{strange[0][:60]}»: nothing is asked where something is sent")
