"""How an allergy list reads: what it forbids, what was only not tolerated, what it denies; the same way everywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tried import someone, steps

from unwound import allergies, derive, drugs, facts

FORBIDS = [
    ("gabapentin", {"gabapentin"}),
    ("Neurontin - rash", {"gabapentin"}),
    ("allergic to gabapentin and duloxetine", {"gabapentin", "duloxetine"}),
    ("gabapentin: drowsiness, rash", {"gabapentin"}),
    ("NKDA except gabapentin (rash)", {"gabapentin"}),
    ("No known drug allergies apart from Lyrica", {"pregabalin"}),
    ("NKDA, rash with gabapentin", {"gabapentin"}),
    ("no known allergy to ketamine; gabapentin: hives", {"gabapentin"}),
    ("possible gabapentin allergy", {"gabapentin"}),
    ("not sure whether allergic to gabapentin", {"gabapentin"}),
    ("gabapentin: anaphylaxis in 2019, tolerated in 2024", {"gabapentin"}),
    ("denies allergy to ketamine, but gabapentin gave her hives", {"gabapentin"}),
    ("ketamine (swelling of the face), nausea", {"ketamine"}),
    ("gabapentin caused drowsiness and an itchy rash", {"gabapentin"}),
]
DENIES = [
    "NKDA",
    "NKA",
    "none",
    "nil known",
    "No known drug allergies",
    "no known allergy to gabapentin",
    "denies allergy to gabapentin",
    "denies allergy to gabapentin, pregabalin and ketamine",
    "Patient denied any reaction to gabapentin",
    "not allergic to gabapentin",
    "no longer allergic to gabapentin",
    "gabapentin allergy ruled out in 2021",
    "gabapentin: skin test negative",
    "never had a reaction to gabapentin",
    "no history of allergy to gabapentin",
    "gabapentin - tolerated",
    "penicillin",
]
NOT_BORNE = [
    "gabapentin: drowsiness",
    "gabapentin, drowsiness",
    "gabapentin (intolerance)",
    "gabapentin not tolerated",
    "gabapentin was never well tolerated",
    "could not tolerate gabapentin",
    "gabapentin - nausea and vomiting",
    "side effects with Neurontin: weight gain",
]


@pytest.mark.parametrize(("written", "expected"), FORBIDS)
def test_an_allergy_forbids_what_it_names(written: str, expected: set[str]) -> None:
    assert set(allergies.read(written).allergic) == expected


@pytest.mark.parametrize("written", DENIES)
def test_a_denial_forbids_nothing_and_records_nothing(written: str) -> None:
    assert allergies.read(written) == allergies.Read()
    gabapentin = steps(someone().model_copy(update={"allergies": (written,)}))["gabapentin"]
    assert gabapentin.line == "first"
    assert not any("recorded" in reason.text for reason in gabapentin.against)


@pytest.mark.parametrize("written", NOT_BORNE)
def test_a_side_effect_is_said_and_takes_nothing_out(written: str) -> None:
    assert allergies.read(written) == allergies.Read(intolerant=("gabapentin",))
    gabapentin = steps(someone().model_copy(update={"allergies": (written,)}))["gabapentin"]
    assert gabapentin.line == "first"
    (said,) = [reason for reason in gabapentin.against if "recorded" in reason.text]
    assert (said.level, said.text) == ("caution", f"recorded side effects, no allergy: {written}")


def test_one_way_of_reading_serves_ketamine_and_the_treatments() -> None:
    for written, expected in FORBIDS:
        patient = derive.derive(someone().model_copy(update={"allergies": (written,)}))
        assert (patient.value("ketamine_hypersensitivity") is True) is ("ketamine" in expected), written
        if "gabapentin" in expected:
            assert steps(patient)["gabapentin"].line == "unsuitable", written


@pytest.mark.parametrize(
    ("written", "therapy"),
    [
        ("lidocaine", "lidocaine_plaster"),
        ("Qutenza", "capsaicin_cream"),
        ("opioids", "strong_opioids"),
        ("Cymbalta", "duloxetine"),
    ],
)
def test_another_form_of_the_substance_and_a_whole_group_are_forbidden_too(written: str, therapy: str) -> None:
    assert steps(someone().model_copy(update={"allergies": (written,)}))[therapy].line == "unsuitable"


def test_one_opioid_among_many_is_a_caution() -> None:
    opioids = steps(someone().model_copy(update={"allergies": ("morphine: hives",)}))["strong_opioids"]
    assert (opioids.line, opioids.against[0].text) == ("last", "recorded allergy: morphine: hives")


@given(st.sampled_from(sorted(drugs.drugs())), st.sampled_from(["{}", "{}: anaphylaxis", "allergic to {}", "{} rash"]))
def test_every_known_drug_is_forbidden_by_its_name_and_cleared_by_a_denial(id: str, entry: str) -> None:
    name = drugs.drugs()[id].names[0]
    named = set(drugs.ingredients(text=name))
    assert named <= set(allergies.read(entry.format(name)).allergic)
    assert not allergies.read(f"no known allergy to {name}").allergic


@pytest.mark.parametrize(
    "written",
    [
        "ketanine",
        "ketamne: hives",
        "anaesthetic drugs",
        "all anesthetics",
        "NMDA antagonists",
        "кетамин",
        "egg; anaesthesia",
        "anaesthetics (propofol)",
        "general anaesthetics, e.g. thiopental",
        "Anästhetika",
        "anestésicos",
        "anestetici",
        "Narkosemittel",
        "keta-mine",
        "ket amine",
        "K e t a m i n e",
        "ketam",
        *("Special K", "special-k", "Ket", "KETA (drip)", "PCP", "angel dust"),
    ],
)
def test_an_entry_that_may_mean_ketamine_puts_a_no_in_doubt(written: str) -> None:
    patient = someone(ketamine_hypersensitivity=False).model_copy(update={"allergies": (written,)})
    known = derive.derive(patient)
    assert known.facts["ketamine_hypersensitivity"].doubt == "hypersensitivity_and_allergies"
    assert facts.known(known, "ketamine_hypersensitivity") is None


@pytest.mark.parametrize(
    "written",
    [
        *(
            *DENIES,
            "ketorolac",
            "ketoconazole",
            "ketotifen",
            "weed",
            "grass pollen",
            "vitamin K",
            "local anaesthetics",
            "no reaction to anaesthetics",
            "-",
            "?",
        ),
        *("no known anaesthetic allergies", "anaesthetic gel (lidocaine)", "Lokalanästhetika", "lokale Anästhetika"),
        *(
            "anestésicos locales",
            "anesthésiques locaux",
            "bee sting",
            "cat hair",
            "red meat",
            "beta lactams",
            "egg, nuts",
        ),
    ],
)
def test_any_other_entry_leaves_a_no_as_it_stands(written: str) -> None:
    patient = someone(ketamine_hypersensitivity=False).model_copy(update={"allergies": (written,)})
    assert derive.derive(patient).value("ketamine_hypersensitivity") is False
