"""How every answer looks: FHIR's JSON with its headers, and an OperationOutcome for whatever went wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from django.http import HttpResponse

Resource = dict[str, Any]
FHIR = "application/fhir+json"
FORMATS = ("application/fhir+json", "application/json", "text/json", "json")


class Wrong(Exception):
    """A request that is not answered: status, FHIR's code of the kind of issue, and why."""

    def __init__(self, status: int, code: str, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(why)
        self.status, self.code, self.why, self.headers = status, code, why, dict(headers or {})


def issue(severity: str, code: str, why: str) -> Resource:
    """One issue of an OperationOutcome."""
    return {"severity": severity, "code": code, "diagnostics": why}


def outcome(*issues: Resource) -> Resource:
    """An OperationOutcome."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def shown(content: Resource, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A resource as an answer; nothing on the way keeps it."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    answer = HttpResponse(text, status=status, content_type=f"{FHIR}; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def refused(wrong: Wrong) -> HttpResponse:
    """What went wrong."""
    return shown(outcome(issue("error", wrong.code, wrong.why)), wrong.status, wrong.headers)


def single(resource: Resource, if_none_match: str) -> HttpResponse:
    """One resource with its version, or 304 for whoever has it already."""
    tag = f'W/"{version(resource)}"'
    headers = {"ETag": tag}
    updated = resource.get("meta", {}).get("lastUpdated")
    if updated:
        headers["Last-Modified"] = format_datetime(datetime.fromisoformat(updated), usegmt=True)
    has = {part.strip() for part in if_none_match.split(",")}
    if has & {tag, tag.removeprefix("W/"), "*"}:
        answer = HttpResponse(status=304, headers=headers)
        answer["Cache-Control"] = "no-store"
        return answer
    return shown(resource, headers=headers)


def version(resource: Resource) -> str:
    """The version of a resource: drawn from what it says, so that it changes when that does."""
    content = {name: value for name, value in resource.items() if name != "meta"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:20]


def entry(base: str, resource: Resource, mode: str) -> Resource:
    """One entry of a searchset."""
    if "id" not in resource:
        return {"resource": resource, "search": {"mode": mode}}
    address = f"{base}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource, "search": {"mode": mode}}
