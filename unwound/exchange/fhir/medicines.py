"""Which medicine a resource is about: its name as written, the substances in it, and the product it points to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from unwound import drugs
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.shapes import NOTHING, RXNORM, SNOMED, Object, codings, name, obj, objects, tail, text
from unwound.exchange.names import quoted
from unwound.record import unique

_ATC, _PZN = "atc", "pzn"
_SYSTEMS = (("dmd.nhs.uk", SNOMED), ("whocc.no", _ATC), ("atc", _ATC), ("2.16.840.1.113883.6.73", _ATC), ("pzn", _PZN))
"""Parts of an address, and the system of medicines they tell of; dm+d codes are SNOMED CT codes of the UK."""
_SHOWN = {RXNORM: "RxNorm", SNOMED: "SNOMED CT", _ATC: "ATC", _PZN: "PZN"}
_PARTS = 30
"""More substances than this in one product are a list, not a medicine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Medicine:
    """A medicine as a record names it."""

    drug: str
    """Drug id, or the written name of what is not in the catalogue."""
    product: str
    substances: tuple[str, ...]
    resource: Object
    """The Medication resource; empty where there is none."""


def read(resource: Object, chart: Chart) -> Medicine:
    """The medicine of an order, a dispense, a statement or an administration. Unreadable when none is named.

    Records name a medicine inline or by reference, in words, by codes or by what is in it: each is tried in turn.
    """
    concept, medication = resource.get("medicationCodeableConcept"), NOTHING
    if concept is None and resource.get("medicationReference") is not None:
        pointer = resource.get("medicationReference")
        medication = chart.resolve(pointer, resource) or NOTHING
        concept = medication.get("code") or {"text": text(obj(pointer).get("display"))}
    names, codes = _names(concept), _codes(concept)
    written = next((each for each in names if _ingredients(each)), names[0] if names else "")
    meant = next((known for system, code in codes if (known := _by_code(system, code))), "")
    if _ingredients(written) and _contradict(written, meant):
        by_name, by_code = (" and ".join(_ingredients(each)) for each in (written, meant))
        chart.problem(f"{quoted(written)} names {by_name}, its code means {by_code}; the name was used, please clarify")
        meant = ""
    _note_other_names(written, names, chart)
    inside = () if _ingredients(written) or meant else tuple(_inside(medication, chart))
    if len(_ingredients(meant)) > len(_ingredients(written)) or (meant and not _ingredients(written)):
        written = meant  # the code says more than the name
    written = written or " / ".join(inside)
    if not written and (written := _as_code(concept, codes)):
        chart.leave("medicines", "known by a code alone, which is not looked up here", written)
    if not written:
        raise Unreadable("no medicine is named")
    substances = _ingredients(written) or unique(drug for each in inside for drug in _ingredients(each))
    drug = drugs.foremost(substances) if substances else written
    return Medicine(drug=drug, product=written, substances=substances, resource=medication)


def _note_other_names(written: str, names: list[str], chart: Chart) -> None:
    """Say where the names that stand beside each other are of different substances: «/ naltrexone» and «/ naloxone»."""
    used = set(_ingredients(written))
    for other in names:
        also = set(_ingredients(other))
        if used and also and not (also <= used or used <= also) and not _is_one_substance(used - also, also - used):
            chart.problem(
                f"{quoted(written)} and {quoted(other)} name different medicines; the first was used, please clarify"
            )


def _is_one_substance(here: set[str], there: set[str]) -> bool:
    """Whether two drugs of the catalogue share a name, as a substance and its form do."""
    names = {name for drug in here for name in drugs.drugs()[drug].names}
    return any(not names.isdisjoint(drugs.drugs()[drug].names) for drug in there)


_WHY_ABSENT = ("data-absent-reason", "v3-NullFlavor")
"""Code systems that say why nothing is said: «unknown», «masked»."""


def _as_code(concept: object, codes: list[tuple[str, str]]) -> str:
    """A medicine that is named by nothing but a code, as it is shown: «PZN 01234567», «ndc 54458-872-10»."""
    if codes:
        return f"{_SHOWN[codes[0][0]]} {codes[0][1]}"
    coding = next((coding for coding in codings(concept) if coding.code and tail(coding.uri) not in _WHY_ABSENT), None)
    return f"{tail(coding.uri.rstrip('/'))} {coding.code}".strip() if coding else ""


def _by_code(system: str, code: str) -> str:
    """The name that a code stands for; of an RxNorm ingredient the drug itself."""
    return drugs.coded(system, code) or next(iter(drugs.ingredients(rxnorm=(code,)) if system == RXNORM else ()), "")


def _contradict(written: str, meant: str) -> bool:
    """Whether a code means quite another medicine than the name; the plain substance of a form does not."""
    by_name, by_code = set(_ingredients(written)), set(_ingredients(meant))
    return bool(by_code) and by_name.isdisjoint(by_code) and not _is_one_substance(by_name, by_code)


def _names(concept: object) -> list[str]:
    """What a medicine is called, the text first; each once. A display may stand without a code."""
    displays = [text(entry.get("display")) for entry in objects(obj(concept).get("coding"))]
    return [each for each in unique((name(concept), *displays)) if each]


def _codes(concept: object) -> list[tuple[str, str]]:
    """The codes of a medicine with our word for their system; those of systems that we do not read are left out."""
    codes = []
    for coding in codings(concept):
        system = coding.system
        if system not in _SHOWN:
            system = next((word for part, word in _SYSTEMS if part in coding.uri.lower()), "")
        if system and coding.code:
            codes.append((system, coding.code))
    return codes


def _inside(medication: Object, chart: Chart) -> Iterator[str]:
    """The names of what a product holds, where it is named by its ingredients: in words, by codes, by reference."""
    for part in objects(medication.get("ingredient"))[:_PARTS]:
        concept = part.get("itemCodeableConcept")
        pointer = part.get("itemReference")
        if concept is None and pointer is not None:
            concept = (chart.resolve(pointer, medication) or NOTHING).get("code") or {
                "text": text(obj(pointer).get("display"))
            }
        names = _names(concept)
        known = next((each for each in names if _ingredients(each)), "")
        meant = next((meant for system, code in _codes(concept) if (meant := _by_code(system, code))), "")
        called = known or meant or (names[0] if names else "")
        if called:
            yield called


@lru_cache(maxsize=4096)
def _ingredients(written: str) -> tuple[str, ...]:
    return drugs.ingredients(text=written) if written else ()
