"""Where devices and gateways post readings as JSON or FHIR: stored before it is answered, each content once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from unwound.exchange.fhir import vitals
from unwound.exchange.fhir.parse import BundleError
from unwound.exchange.readings import Batch, ReadingsError
from unwound.exchange.readings_json import read_json
from unwound.exchange.subject import Subject
from unwound_clinic.core import access, rates
from unwound_clinic.core.addresses import sent
from unwound_clinic.core.client_address import client_address
from unwound_clinic.models import Message, Monitor, hash_of
from unwound_clinic.monitors import arrivals, learned
from unwound_clinic.monitors.arrivals import Arrival
from unwound_clinic.monitors.beds import OURS
from unwound_clinic.monitors.writer import Unknown, store
from unwound_clinic.session import alert_watch

_KEY_LENGTH = 200
_USED = "this Idempotency-Key was used before with different content"
MOST_READINGS = 5000
"""Of one post: what a monitor gathers in twenty minutes, and what is charted in a few seconds."""


@csrf_exempt
def post(request: HttpRequest) -> HttpResponse:
    """Readings of a monitor that has a key; 201 when they are on the disk, 200 when they were already."""
    monitor, address = _monitor(request), client_address(request)
    wait = rates.wait_s(f"monitor {monitor.pk}", rates.posts()) if monitor else rates.wait_s(address, rates.WRONG_KEYS)
    if wait:
        whose = "this monitor's key" if monitor else "this address, with a key that is not known"
        return _refused(429, f"too many posts a minute from {whose}: wait, then send again", {"Retry-After": str(wait)})
    if monitor is None:
        return _refused(401, "a monitor's key is needed: Authorization: Bearer KEY", {"WWW-Authenticate": "Bearer"})
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > _KEY_LENGTH:
        return _refused(400, f"an Idempotency-Key has at most {_KEY_LENGTH} characters")
    try:
        raw = request.body
    except RequestDataTooBig:
        return _refused(413, "too much at once: send fewer readings")
    number = _how_many(raw)
    if number > MOST_READINGS:
        return _refused(413, f"{number} readings at once, and at most {MOST_READINGS} are taken: send them in parts")
    return _store(monitor, key, *_read(raw, monitor, key))


def _store(monitor: Monitor, key: str, arrived: Arrival, batch: Batch) -> HttpResponse:
    """Stores what was posted, and says so. The database has the last word on a key: two may be posted at once."""
    if key and _used_for_another(monitor, arrived):
        return _refused(409, _USED)
    sent = Message.objects.filter(site=monitor.site, sender=arrived.sender, control_id=key)
    repeat = sent.filter(digest=arrived.digest).exists()
    device = _device(monitor)
    stored = store(device, monitor.site, [arrived])
    if key and isinstance(stored[0], str) and _used_for_another(monitor, arrived):
        return _refused(409, _USED)
    alert_watch.check_after(device, stored)
    return _answer(stored[0], batch, repeat)


def _used_for_another(monitor: Monitor, arrived: Arrival) -> bool:
    """Whether another content has this key already."""
    sent = Message.objects.filter(site=monitor.site, sender=arrived.sender, control_id=arrived.control_id)
    return sent.exclude(digest=arrived.digest).exists()


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
    known = learned.of_monitor(monitor)
    clock: dict[str, Any] = {"received_at": now, "zone": known.zone or monitor.site.zone}
    clock["corrected_s"] = known.clock_ahead_s
    try:
        table = _table(raw)
        if "resourceType" in table:
            batch = vitals.read_readings(raw, **clock, codes=known.codes)
            (patient, subject), bed = _patient(table, monitor), ""
        else:
            batch = read_json(raw, **clock)
            patient, bed = _text(table.get("patient")), _text(table.get("bed"))
            subject = Subject()
    except (ReadingsError, BundleError) as reason:
        return Arrival(
            raw=raw,
            received_at=now,
            sender=monitor.name,
            control_id=key,
            posted_key=key,
            answer="AE",
            reason=str(reason),
        ), Batch()
    named = {"sender": monitor.name, "key": key, "patient": patient, "bed": bed}
    return arrivals.from_batch(raw, batch, now, **named, subject=subject), batch


def _table(raw: bytes) -> dict[str, Any]:
    """The top level, to see its kind; errors are reported by the function that reads it."""
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table, dict) else {}


def _how_many(raw: bytes) -> int:
    """How many readings a post holds at most: items of our JSON, or entries of a FHIR bundle."""
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        return 0
    items = content.get("readings", content.get("entry")) if isinstance(content, dict) else content
    return len(items) if isinstance(items, list) else 0


def _patient(table: Mapping[str, Any], monitor: Monitor) -> tuple[str, Subject]:
    """The id that counts, and what is said of the patient beside it, which must agree.

    «Patient/7» is a number of the sender's own server: ours only where this source was set up to use our numbers. Else
    the identifier counts, as the record number that it is then held against.
    """
    reference = vitals.patient_of(table)
    identifiers, names = vitals.called_by(table)
    subject = Subject(numbers=tuple(sorted(identifiers)), names=tuple(sorted(names)))
    kind, _, number = reference.rpartition("/")
    if monitor.our_ids and kind == "Patient" and number.isdecimal():
        return f"{number}^^^{OURS}", subject
    if len(identifiers) == 1:
        return next(iter(identifiers))[:_KEY_LENGTH], subject
    return reference, subject


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
