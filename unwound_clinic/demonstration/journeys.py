"""The stage that each invented patient has reached."""

from __future__ import annotations

from dataclasses import dataclass

from unwound.terms import Purpose
from unwound_clinic.demonstration.steps import (
    Walk,
    answered,
    checked,
    consented,
    decided,
    decided_for,
    invited,
    ordered,
    recorded,
    sent,
)
from unwound_clinic.demonstration.treatment import (
    assessed,
    assessed_with,
    ended,
    followed,
    infusion,
    light_headed,
    monitored,
)


@dataclass(frozen=True, slots=True)
class Journey:
    """One patient: the file of their story, the steps taken, in order, and when the first of them was."""

    person: str
    steps: tuple[Walk, ...] = ()
    minutes_ago: float = 0


FORM = (invited, answered, sent)
TEN_DAYS, SINGLE = "crps_ketamine_10_days", "ketamine_single_80_mg"
MOOD = "depression_ketamine_40_min"
JOURNEYS = (
    Journey("chemotherapy_neuropathy_duloxetine_untried"),
    Journey("phq9_item_nine", (invited, answered)),
    Journey("sciatica_saddle_numbness", FORM),
    Journey("crps_pregnancy_unknown", (*FORM, recorded)),
    Journey("crps_uncontrolled_hypertension", (*FORM, recorded)),
    Journey("crps_type_two", (*FORM, recorded, decided)),
    Journey("fibromyalgia_sent_elsewhere", (*FORM, recorded, decided)),
    Journey("spinal_cord_injury_candidate", (*FORM, recorded, decided)),
    Journey("painful_diabetic_neuropathy_refractory", (*FORM, recorded, decided, consented(SINGLE))),
    Journey("crps_three_classes_failed", (*FORM, recorded, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2))),
    Journey(
        "crps_after_wrist_fracture", (*FORM, recorded, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2), checked)
    ),
    Journey(
        "depression_and_crps",
        (
            *(*FORM, recorded, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2), checked),
            *(infusion("Bed 1"), *4 * (monitored(15), assessed), light_headed, monitored(13), assessed, monitored(7)),
        ),
        minutes_ago=91,
    ),
    Journey(
        "depression_resistant_without_pain",
        (
            *(*FORM, recorded, decided_for(Purpose.DEPRESSION), consented(MOOD), ordered(MOOD, 2), checked),
            *(infusion("Bed 3"), monitored(10), assessed_with(0), monitored(11)),
        ),
        minutes_ago=31,
    ),
    Journey(
        "postherpetic_neuralgia_refractory",
        (
            *(*FORM, recorded, decided, consented(SINGLE), ordered(SINGLE, 2), checked),
            *(infusion("Bed 2"), *8 * (monitored(15), assessed), monitored(5), ended),
            *(followed(7, 4, (4, 4, 5)), followed(21, 5, (5, 5, 5)), followed(28, 7, (7, 6, 7))),
        ),
        minutes_ago=60 * 24 * 60,
    ),
)
