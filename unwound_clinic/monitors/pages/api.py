"""Where devices and gateways post readings as JSON or FHIR: stored before it is answered, each content once."""

from __future__ import annotations

import json
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from unwound.exchange.fhir import vitals
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.readings_json import read_json
from unwound_clinic.core import access
from unwound_clinic.core.addresses import sent
from unwound_clinic.models import Message, Monitor, hash_of
from unwound_clinic.monitors import arrivals
from unwound_clinic.monitors.arrivals import OURS, Arrival
from unwound_clinic.monitors.writer import Unknown, store
from unwound_clinic.session import alert_watch

_KEY_LENGTH = 200


@csrf_exempt
def post(request: HttpRequest) -> HttpResponse:
    """Readings of a monitor that has a key; 201 when they are on the disk, 200 when they were already."""
    monitor = _monitor(request)
    if monitor is None:
        return _refused(401, "a monitor's key is needed: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})
    if request.method != "POST":
        return _refused(405, "use POST to send readings", {"Allow": "POST"})
    try:
        raw = request.body
    except RequestDataTooBig:
        return _refused(413, "too much at once: send fewer readings")
    key = request.headers.get("Idempotency-Key", "")[:_KEY_LENGTH]
    arrived, batch = _read(raw, monitor, key)
    sent = Message.objects.filter(site=monitor.site, sender=arrived.sender, control_id=key)
    if key and sent.exclude(digest=arrived.digest).exists():
        return _refused(409, "this Idempotency-Key was used before with different content")
    repeat = sent.filter(digest=arrived.digest).exists()
    device = _device(monitor)
    stored = store(device, monitor.site, [arrived])
    alert_watch.check_after(device, stored)
    return _answer(stored[0], batch, repeat)


def _device(monitor: Monitor) -> access.Device:
    return access.Device(f"monitor {monitor.name}", monitor.site_id)


def _monitor(request: HttpRequest) -> Monitor | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        return None
    return Monitor.objects.select_related("site").filter(key_hash=hash_of(key.strip())).first()


def _read(raw: bytes, monitor: Monitor, key: str) -> tuple[Arrival, Batch]:
    """What was posted; one that cannot be used at all is held for review as a whole."""
    now = timezone.now()
    zone = ZoneInfo(monitor.timezone) if monitor.timezone else monitor.site.zone
    try:
        table = _table(raw)
        if "resourceType" in table:
            batch = vitals.read_readings(raw, received_at=now, zone=zone)
            patient, bed = _patient(vitals.patient_of(table)), ""
        else:
            batch = read_json(raw, received_at=now, zone=zone)
            patient, bed = _text(table.get("patient")), _text(table.get("bed"))
    except (ReadingsError, BundleError) as reason:
        return Arrival(
            raw=raw, received_at=now, sender=monitor.name, control_id=key, answer="AE", reason=str(reason)
        ), Batch()
    return arrivals.from_batch(raw, batch, now, sender=monitor.name, key=key, patient=patient, bed=bed), batch


def _table(raw: bytes) -> dict[str, Any]:
    """The top level, to see its kind; errors are reported by the function that reads it."""
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _patient(reference: str) -> str:
    """«Patient/7» is the patient with that number here; other references stay as they are."""
    kind, _, number = reference.rpartition("/")
    return f"{number}^^^{OURS}" if kind == "Patient" and number.isdecimal() else reference


def _text(value: object) -> str:
    return value.strip()[:_KEY_LENGTH] if isinstance(value, str) else ""


def _answer(stored: Message | str | Unknown, batch: Batch, repeat: bool) -> HttpResponse:
    if isinstance(stored, str):
        return _refused(503, f"{stored}; nothing was charted; send it again", {"Retry-After": "5"})
    if isinstance(stored, Unknown):
        return _refused(500, "it is not known whether this was stored; send it again", {"Retry-After": "5"})
    if stored.answer != "AA":
        return _refused(422, stored.reason)
    held = [{"where": value.where, "why": value.why, "reason": value.reason} for value in batch.quarantined]
    answer = {
        "message": stored.pk,
        "repeat": repeat,
        "charted": stored.readings.exclude(session=None).count(),
        "waiting": stored.readings.filter(session=None).count(),
        "kept_back": held,
        "not_charted": [{"where": code.where, "code": code.code} for code in batch.not_charted],
    }
    return JsonResponse(answer, status=200 if repeat else 201)


def _refused(status: int, reason: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return JsonResponse({"refused": reason}, status=status, headers=headers or {})


urls = [sent("api/readings", post, name="post-readings")]
