"""A patient's record by FHIR search, every page of it; what could not be read is named, and nothing concluded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlsplit

import httpx2

from unwound.exchange.fhir import BundleError, Import, read_record
from unwound_clinic.interfaces.smart.login import TIMEOUT_S, Token

SEARCHES = (
    "Condition", "MedicationRequest", "MedicationStatement", "AllergyIntolerance", "Procedure", "QuestionnaireResponse",
    "Observation",
)  # fmt: skip
MOST_PAGES = 60
MOST_BYTES = 40_000_000
FHIR_JSON = {"Accept": "application/fhir+json"}


@dataclass(frozen=True, slots=True)
class Read:
    """What came of the record."""

    record: Import | None
    """None where not even the person could be read."""
    missing: tuple[str, ...]
    """What could not be read: while there is anything, no verdict rests on the rest."""


class _Failed(Exception):
    """A page did not come; the message says which and why."""


def read(fhir: str, token: Token, as_of: date) -> Read:
    """The record of the token's patient as known on the day `as_of`."""
    files, missing = [], list[str]()
    headers = {**FHIR_JSON, "Authorization": f"Bearer {token.access}"}
    with httpx2.Client(timeout=TIMEOUT_S, headers=headers) as client:
        for kind in ("Patient", *SEARCHES):
            try:
                files += [(f"{kind} {page}", text) for page, text in _pages(client, fhir, kind, token.patient)]
            except _Failed as reason:
                missing.append(f"{kind}: {reason}")
    try:
        record = read_record(files, "the hospital's record", as_of=as_of, patient=token.patient)
    except BundleError as reason:
        return Read(None, (*missing, str(reason)))
    return Read(record, (*missing, *record.missing))


def _pages(client: httpx2.Client, fhir: str, kind: str, patient: str) -> Iterator[tuple[int, bytes]]:
    id = quote(patient, safe="")
    address = f"{fhir}/Patient/{id}" if kind == "Patient" else f"{fhir}/{kind}?patient={id}&_count=100"
    seen, size = set[str](), 0
    for page in range(1, MOST_PAGES + 1):
        seen.add(address)
        answer, text = _page(client, address, page)
        size += len(text)
        if size > MOST_BYTES:
            raise _Failed(f"more than {MOST_BYTES // 1_000_000} MB, read as far as page {page}")
        yield page, text
        address = _next(answer, fhir, address)
        if not address:
            return
        if address in seen:
            raise _Failed(f"page {page} leads back to an earlier one")
    raise _Failed(f"more than {MOST_PAGES} pages")


def _page(client: httpx2.Client, address: str, page: int) -> tuple[object, bytes]:
    try:
        answer = client.get(address)
    except httpx2.HTTPError as reason:
        raise _Failed(f"page {page} could not be read ({type(reason).__name__})") from None
    if answer.status_code == 401:
        raise _Failed(f"page {page} could not be read: the leave to read has expired; launch again")
    if answer.status_code != 200:
        raise _Failed(f"page {page} could not be read (HTTP {answer.status_code})")
    try:
        return answer.json(), answer.content
    except ValueError:
        raise _Failed(f"page {page} could not be read (no JSON)") from None


def _next(answer: object, fhir: str, address: str) -> str:
    """The address of the next page, empty for the last. The token goes to the server it was given for, and no other."""
    links = answer.get("link") if isinstance(answer, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            url = str(httpx2.URL(address).join(str(link.get("url", ""))))
            own, other = urlsplit(fhir), urlsplit(url)
            if (own.scheme, own.netloc) != (other.scheme, other.netloc):
                raise _Failed("the next page lies on another server, which was not asked")
            return url
    return ""
