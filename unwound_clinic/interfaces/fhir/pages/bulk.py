"""Bulk Data 2.0: an export is ordered, asked for until it is there, fetched file by file, or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from unwound.exchange.fhir import searching
from unwound.exchange.fhir.searching import values
from unwound_clinic.core import access
from unwound_clinic.interfaces.fhir import actions, exports, searches
from unwound_clinic.interfaces.fhir.answers import Wrong
from unwound_clinic.interfaces.fhir.keys import Session
from unwound_clinic.models import Export, Stage

FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
KNOWN = ("_type", "_since", "_outputFormat", "_format")
WAIT_S = "2"


def order(
    request: HttpRequest, of: Sequence[str], query: list[tuple[str, str]], who: Session, base: str
) -> HttpResponse:
    """202 with the place where the export is asked for."""
    if "respond-async" not in request.headers.get("Prefer", ""):
        raise Wrong(400, "required", "an export needs the header Prefer: respond-async")
    stage = _stage(of)
    asked = dict(query)
    unknown = [name for name in asked if name not in KNOWN]
    if unknown and "handling=lenient" not in request.headers.get("Prefer", "").replace(" ", ""):
        raise Wrong(400, "not-supported", f"{', '.join(unknown)[:200]}: an export knows {', '.join(KNOWN)}")
    if asked.get("_outputFormat", FORMATS[0]) not in FORMATS:
        raise Wrong(400, "not-supported", f"_outputFormat is one of {', '.join(FORMATS)}")
    types = _types(asked.get("_type", ""), who)
    since = _since(asked.get("_since", ""))
    exports.tidy()
    if exports.under_way(who.system) >= exports.AT_ONCE:
        why = f"{exports.AT_ONCE} exports are under way: fetch or cancel them first"
        raise Wrong(429, "throttled", why, {"Retry-After": "60"})
    row = actions.order_export(
        by=by(who), site=who.system.site, system=who.system, request=request.build_absolute_uri(), scope=who.scope,
        types=types, since=since, stage=stage,
    )  # fmt: skip
    return HttpResponse(status=202, headers={"Content-Location": f"{base}/exports/{row.pk}"})


def answer(request: HttpRequest, parts: Sequence[str], who: Session, base: str) -> HttpResponseBase:
    """How far an export is, its manifest, one of its files; or it is cancelled."""
    number = int(parts[0]) if parts and parts[0].isdecimal() and len(parts[0]) < 19 else 0
    row = Export.objects.select_related("system__site").filter(pk=number, system=who.system, cancelled_at=None).first()
    if row is None or timezone.now() - (row.finished_at or row.asked_at) > exports.KEPT or len(parts) > 2:
        raise Wrong(404, "not-found", "there is no such export of this system, or it is a day old or was cancelled")
    if len(parts) == 2:
        return _file(request, row, parts[1])
    if request.method == "DELETE":
        actions.cancel_export(by=by(who), site=who.system.site, export=row)
        exports.tidy()
        return HttpResponse(status=202)
    if request.method not in ("GET", "HEAD"):
        raise Wrong(
            405, "not-supported", "an export is asked for or cancelled", {"Allow": "GET, HEAD, DELETE, OPTIONS"}
        )
    if row.finished_at is None:
        row = exports.step(row, by(who))
    if row.finished_at is None:
        resources = sum(count for _, count in row.written.values())
        progress = f"{resources} resources, up to patient {row.last}"
        return HttpResponse(status=202, headers={"X-Progress": progress, "Retry-After": WAIT_S})
    manifest = {
        "transactionTime": row.asked_at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "request": row.request,
        "requiresAccessToken": True,
        "output": [
            {"type": type, "url": f"{base}/exports/{row.pk}/{type}.ndjson", "count": count}
            for type, (_, count) in sorted(row.written.items())
        ],
        "error": [],
    }
    expires = (row.finished_at + exports.KEPT).astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return JsonResponse(manifest, headers={"Expires": expires, "Cache-Control": "no-store"})


def by(who: Session) -> access.OtherSystem:
    """The system as who acts."""
    return access.OtherSystem(f"system {who.system.name}", who.system.site_id)


def _file(request: HttpRequest, row: Export, name: str) -> HttpResponseBase:
    type = name.removesuffix(".ndjson")
    place = exports.folder(row) / f"{type}.ndjson"
    if (
        row.finished_at is None
        or type not in row.written
        or request.method not in ("GET", "HEAD")
        or not place.exists()
    ):
        raise Wrong(404, "not-found", "there is no such file of this export")
    answer = FileResponse(place.open("rb"), content_type="application/fhir+ndjson")
    answer["Cache-Control"] = "no-store"
    return answer


def _stage(of: Sequence[str]) -> str:
    if list(of) in ([], ["Patient"]):
        return ""
    if len(of) == 2 and of[0] == "Group" and of[1] in Stage.values:
        return str(of[1])
    raise Wrong(404, "not-found", f"exports are of all, of Patient, or of a Group: {', '.join(Stage.values)}")


def _types(written: str, who: Session) -> list[str]:
    # No type at all means all that the token permits; an unknown type and a forbidden one are different errors.
    of_patients = [type for type in searching.types() if type not in searches.OPEN]
    wanted = [type for type in written.split(",") if type] or of_patients
    strange = [type for type in wanted if type not in of_patients]
    if strange:
        raise Wrong(400, "not-supported", f"_type: there is no {', '.join(strange)[:80]}; {', '.join(of_patients)}")
    permitted = [type for type in wanted if who.rights.of(type, "search")]
    if not permitted:
        raise Wrong(403, "forbidden", f"the token has no scope for any of these: {who.scope or 'none'}")
    return permitted


def _since(written: str) -> datetime | None:
    if not written:
        return None
    span = values.span(written)
    if span is None or "T" not in written:
        raise Wrong(400, "invalid", f"_since is a time with its zone, not «{written[:40]}»")
    return span[0]
