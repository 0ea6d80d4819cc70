"""People without neuropathic pain in any number, for counting how often something is said of them.

Made, not observed: the shares of illnesses, medicines and orders are assumptions, chosen so that everything that could
set off a card by mistake is there more often than in a general practice: old age, weak kidneys, opioids for joints and
backs, tricyclics for sleep, gabapentin for epilepsy, diabetic nerves that do not hurt, pain scores of every height.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from bundle_builder import ICD10, Json, condition, observation, person, resource
from hooks import call, egfr, order, pain, taken

ILLNESSES = (
    ("I10", 0.35), ("E11.9", 0.12), ("E11.42", 0.03), ("M54.50", 0.2), ("M17.9", 0.15), ("J44.9", 0.06),
    ("F32.9", 0.12), ("G43.909", 0.08), ("I25.10", 0.08), ("I48.91", 0.05), ("N18.3", 0.06), ("G40.909", 0.02),
    ("K21.9", 0.15), ("E78.5", 0.3), ("G47.33", 0.06), ("F41.1", 0.1), ("M79.7", 0.03), ("G62.9", 0.01),
    ("C50.919", 0.02), ("M81.0", 0.05), ("N40.0", 0.05), ("S82.90XA", 0.02), ("K80.20", 0.02), ("J06.9", 0.1),
)  # fmt: skip
"""Codes of ICD-10-CM and the share of people who have each."""
MEDICINES = (
    ("lisinopril 10 MG Oral Tablet", 10, 16), ("amlodipine 5 MG Oral Tablet", 5, 12),
    ("metformin 500 MG Oral Tablet", 500, 12), ("atorvastatin 20 MG Oral Tablet", 20, 14),
    ("omeprazole 20 MG Oral Capsule", 20, 10), ("levothyroxine 0.1 MG Oral Tablet", 0.1, 8),
    ("ibuprofen 400 MG Oral Tablet", 400, 8), ("acetaminophen 500 MG Oral Tablet", 500, 10),
    ("amoxicillin 500 MG Oral Capsule", 500, 8), ("sertraline 50 MG Oral Tablet", 50, 8),
    ("citalopram 20 MG Oral Tablet", 20, 4), ("furosemide 40 MG Oral Tablet", 40, 5),
    ("apixaban 5 MG Oral Tablet", 5, 4), ("prednisone 10 MG Oral Tablet", 10, 4), ("zolpidem 5 MG Oral Tablet", 5, 2),
    ("oxycodone 5 MG Oral Tablet", 5, 3), ("tramadol 50 MG Oral Tablet", 50, 3),
    ("hydrocodone bitartrate 5 MG / acetaminophen 325 MG Oral Tablet", 5, 3), ("diazepam 5 MG Oral Tablet", 5, 2),
    ("gabapentin 300 MG Oral Capsule", 300, 3), ("pregabalin 75 MG Oral Capsule", 75, 1),
    ("amitriptyline 10 MG Oral Tablet", 10, 1), ("duloxetine 30 MG Oral Capsule", 30, 2),
    ("topiramate 25 MG Oral Tablet", 25, 1), ("lamotrigine 100 MG Oral Tablet", 100, 1),
)  # fmt: skip
"""Medicines with the milligrams of a dose, and of 145 orders how many are for each."""
_NAMES = [name for name, _, _ in MEDICINES]
_DOSES = {name: dose for name, dose, _ in MEDICINES}
_WEIGHTS = [weight for _, _, weight in MEDICINES]


def calls(number: int, seed: int = 23) -> Iterator[Json]:
    """Two calls for each person: their record is opened, and something is ordered and signed."""
    for place in range(number):
        random = Random(seed * 1_000_003 + place)
        record = tuple(_record(random, place))
        yield call("patient-view", *record)
        yield call("order-sign", *record, orders=(_drawn(random, "order-sign"),))


def _record(random: Random, place: int) -> Iterator[Json]:
    years = min(95, max(18, round(random.gauss(56, 18))))
    yield person(birthDate=f"{2026 - years}-{random.randrange(1, 11):02d}-15", gender=random.choice(("female", "male")))
    for code, share in ILLNESSES:
        if random.random() < share:
            yield condition(ICD10, code, onsetDateTime=f"20{random.randrange(10, 26)}-03-01")
    for _ in range(random.randrange(7)):
        yield _drawn(random, "taken")
    if random.random() < 0.7:
        yield egfr(max(8, min(120, random.gauss(115 - 0.7 * years, 16))))
    if random.random() < 0.5:
        yield pain(random.randrange(11))
    if random.random() < 0.1:
        yield observation("8636-3", round(random.gauss(420, 22)), "ms")
    yield observation("29463-7", round(random.gauss(80, 15)), "kg")
    yield observation("8480-6", round(random.gauss(132, 16)), "mm[Hg]")
    if random.random() < 0.1:
        yield resource("AllergyIntolerance", code={"text": "penicillin"}, clinicalStatus={"text": "active"})


def _drawn(random: Random, how: str) -> Json:
    (name,) = random.choices(_NAMES, _WEIGHTS)
    made = taken if how == "taken" else order
    return made(name, _DOSES[name] * random.choice((1, 1, 2)), times=random.choice((1, 1, 2, 3)))
