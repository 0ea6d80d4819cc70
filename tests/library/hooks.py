"""Calls of CDS Hooks about people who do not exist, and pairs of them to either side of what makes it speak."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from bundle_builder import AS_OF, ICD10, Json, bundle, condition, dosage, observation, person, repeat, request

from unwound.cds import Card, Hook, cards
from unwound.exchange import cds_hooks

ASKED = ("conditions", "medications", "statements", "results", "allergies", "vitals", "procedures")


def search(*resources: Json, **fields: Any) -> Json:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources], **fields}


def call(hook: str, *resources: Json, orders: tuple[Json, ...] = ()) -> Json:
    """A whole call: everything that was asked for came."""
    whole = [entry["resource"] for entry in bundle(*resources)["entry"]]
    who = next(one for one in whole if one["resourceType"] == "Patient")
    rest = [one for one in whole if one is not who]
    context: Json = {"userId": "Practitioner/1", "patientId": "p"}
    if orders:
        context["draftOrders"] = {"resourceType": "Bundle", "entry": [{"resource": one} for one in orders]}
    if hook == Hook.ORDER_SELECT:
        context["selections"] = [f"{one['resourceType']}/{one['id']}" for one in orders]
    prefetch: Json = {"patient": who, **{key: search() for key in ASKED}, "conditions": search(*rest)}
    return {"hook": hook, "hookInstance": "made-1", "context": context, "prefetch": prefetch}


def answer(made: Json, course: bool = False) -> tuple[Card, ...]:
    hook = Hook(made["hook"])
    called = cds_hooks.read(json.dumps(made).encode(), hook, as_of=AS_OF)
    return cards(
        hook,
        called.patient,
        called.orders,
        missing=called.missing,
        results_missing=called.results_missing,
        course_planned=course,
    )


def order(medicine: str, mg: float, times: int = 1, **fields: Any) -> Json:
    return request(medicine, status="draft", dosageInstruction=[dosage(mg, "mg", repeat(times))], **fields)


def taken(medicine: str, mg: float, times: int = 1, **fields: Any) -> Json:
    return order(medicine, mg, times, **{"authoredOn": "2026-11-01", **fields}) | {"status": "active"}


def tried(medicine: str, mg: float, start: str, end: str, **fields: Any) -> Json:
    timing = repeat(1, boundsPeriod={"start": start, "end": end})
    return request(medicine, status="stopped", authoredOn=start, dosageInstruction=[dosage(mg, "mg", timing)], **fields)


def egfr(value: float, **fields: Any) -> Json:
    return observation("98979-8", value, "mL/min/{1.73_m2}", **fields)


def qtc(value: float) -> Json:
    return observation("8636-3", value, "ms")


def pain(score: float) -> Json:
    return observation("72514-3", score, "{score}")


ZOSTER = condition(ICD10, "B02.29", onsetDateTime="2025-01-01")
CRPS = condition(ICD10, "G90.511", onsetDateTime="2025-01-01")
THREE = (
    tried("gabapentin 300 MG Oral Capsule", 1800, "2025-02-01", "2025-05-01"),
    tried("amitriptyline 75 MG Oral Tablet", 75, "2025-06-01", "2025-09-01"),
    tried("duloxetine 60 MG Oral Capsule", 60, "2025-10-01", "2026-01-01"),
)


class Pair(NamedTuple):
    """Two calls that differ in one thing: the first has to speak of `id`, the second must not."""

    name: str
    id: str
    speaks: Json
    silent: Json
    course: bool = False
    """Whether an infusion is planned."""


def _sign(*resources: Json, orders: tuple[Json, ...]) -> Json:
    return call("order-sign", *resources, orders=orders)


def _view(*resources: Json) -> Json:
    return call("patient-view", *resources)


def pairs() -> tuple[Pair, ...]:
    """Each boundary of each limit that is spoken of, and of each rule; doses in mg a day."""
    made = []
    # eGFR just below and at the limit, dose just above and at the ceiling below it; country unknown, so the lower limit
    for drug, bands in {
        "gabapentin": ((80, 1800), (50, 900), (30, 600)),
        "pregabalin": ((60, 300), (30, 150)),
    }.items():
        for below, most in bands:
            high = order(f"{drug} 25 MG Oral Capsule", most + 25)
            ceiling = order(f"{drug} 25 MG Oral Capsule", most)
            made.append(
                Pair(f"{drug} {most + 25} mg beside {most} mg, eGFR {below - 1}", "dose-above-ceiling",
                     _sign(egfr(below - 1), orders=(high,)), _sign(egfr(below - 1), orders=(ceiling,)))
            )  # fmt: skip
            made.append(
                Pair(f"{drug} {most + 25} mg at eGFR {below - 1} and 95", "dose-above-ceiling",
                     _sign(egfr(below - 1), orders=(high,)), _sign(egfr(95), orders=(high,)))
            )  # fmt: skip
    tricyclics = ("amitriptyline 25 MG Oral Tablet", "nortriptyline 25 MG Oral Capsule")
    for drug in tricyclics:
        of = (order(drug, 25),)
        made += [
            Pair(f"{drug} at 65 and 64 years", "tricyclic-risk",
                 _sign(person(birthDate="1961-11-21"), orders=of), _sign(person(birthDate="1961-11-22"), orders=of)),
            Pair(f"{drug} at a QTc of 450 and 449 ms", "tricyclic-risk",
                 _sign(qtc(450), orders=of), _sign(qtc(449), orders=of)),
            Pair(f"{drug} at a QTc of 500 and 440 ms", "tricyclic-risk",
                 _sign(qtc(500), orders=of), _sign(qtc(440), orders=of)),
            Pair(f"{drug} beside citalopram, and beside paracetamol", "tricyclic-risk",
                 _sign(taken("citalopram 20 MG Oral Tablet", 20), orders=of),
                 _sign(taken("paracetamol 500 MG Oral Tablet", 500), orders=of)),
        ]  # fmt: skip
    above = (order("amitriptyline 25 MG Oral Tablet", 75), order("amitriptyline 25 MG Oral Tablet", 100))
    old = person(birthDate="1950-01-01")
    made.append(
        Pair("amitriptyline 100 and 75 mg at 76 years", "dose-above-ceiling",
             _sign(old, orders=above[1:]), _sign(old, orders=above[:1]))
    )  # fmt: skip
    for opioid in ("oxycodone 5 MG Oral Tablet", "tramadol 50 MG Oral Tablet", "morphine 10 MG Oral Tablet"):
        of = (order(opioid, 20),)
        for where in (ZOSTER, CRPS):
            made += [
                Pair(f"{opioid} in {where['code']['coding'][0]['code']} and in back pain", "opioid-first",
                     _sign(where, orders=of), _sign(condition(ICD10, "M54.50"), orders=of)),
                Pair(f"{opioid} in {where['code']['coding'][0]['code']} without and with gabapentin", "opioid-first",
                     _sign(where, orders=of), _sign(where, THREE[0], orders=of)),
                Pair(f"{opioid} in {where['code']['coding'][0]['code']} new and as before", "opioid-first",
                     _sign(where, orders=of), _sign(where, taken(opioid, 20), orders=of)),
            ]  # fmt: skip
    for where in (ZOSTER, CRPS):
        code = where["code"]["coding"][0]["code"]
        made += [
            Pair(f"{code}: three and two classes tried", "refractory",
                 _view(where, pain(8), *THREE), _view(where, pain(8), *THREE[:2])),
            Pair(f"{code}: three classes, pain 5 and 4", "refractory",
                 _view(where, pain(5), *THREE), _view(where, pain(4), *THREE)),
            Pair(f"{code} and back pain, three classes", "refractory",
                 _view(where, pain(8), *THREE), _view(condition(ICD10, "M54.50"), pain(8), *THREE)),
            Pair(f"{code}: nothing tried, pain 5 and 4", "first-line-untried",
                 _view(where, pain(5)), _view(where, pain(4))),
            Pair(f"{code}: nothing and gabapentin tried", "first-line-untried",
                 _view(where, pain(8)), _view(where, pain(8), THREE[0])),
            Pair(f"{code} on an opioid, with and without pregabalin", "first-line-untried",
                 _view(where, taken("oxycodone 5 MG Oral Tablet", 20)),
                 _view(where, taken("oxycodone 5 MG Oral Tablet", 20), taken("pregabalin 75 MG Oral Capsule", 150))),
        ]  # fmt: skip
    made.append(
        Pair("cauda equina syndrome and a back without it", "urgent-cauda_equina",
             _view(condition(ICD10, "G83.4")), _view(condition(ICD10, "M54.50")))
    )  # fmt: skip
    for drug, id in (
        ("phenelzine 15 MG Oral Tablet", "takes_maoi"),
        ("naltrexone 50 MG Oral Tablet", "takes_naltrexone"),
    ):
        made.append(
            Pair(f"{drug} with and without a planned course", f"course-{id}",
                 _sign(orders=(order(drug, 45),)), _sign(orders=(order("paracetamol 500 MG Oral Tablet", 45),)),
                 True)
        )  # fmt: skip
    return tuple(made)


def says(made: Json, id: str, course: bool = False) -> bool:
    return any(id in (card.id, *card.with_it) for card in answer(made, course))
