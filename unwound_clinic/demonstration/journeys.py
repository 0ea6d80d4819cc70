"""How far each invented person has come."""

from __future__ import annotations

from dataclasses import dataclass

from unwound_clinic.demonstration.steps import Walk, answered, checked, consented, decided, invited, ordered, sent, told
from unwound_clinic.demonstration.treatment import ended, followed, infusion, light_headed, looked_at, monitored


@dataclass(frozen=True, slots=True)
class Journey:
    """One person: the file of their story, the steps they went, in order, and when the first of them was."""

    person: str
    steps: tuple[Walk, ...] = ()
    minutes_ago: float = 0


FORM = (invited, answered, sent)
TEN_DAYS, SINGLE = "crps_ketamine_10_days", "ketamine_single_80_mg"
JOURNEYS = (
    Journey("chemotherapy_neuropathy_duloxetine_untried"),
    Journey("phq9_item_nine", (invited, answered)),
    Journey("sciatica_saddle_numbness", FORM),
    Journey("crps_pregnancy_unknown", (*FORM, told)),
    Journey("crps_uncontrolled_hypertension", (*FORM, told)),
    Journey("crps_type_two", (*FORM, told, decided)),
    Journey("fibromyalgia_sent_elsewhere", (*FORM, told, decided)),
    Journey("spinal_cord_injury_candidate", (*FORM, told, decided)),
    Journey("painful_diabetic_neuropathy_refractory", (*FORM, told, decided, consented(SINGLE))),
    Journey("crps_three_classes_failed", (*FORM, told, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2))),
    Journey("crps_after_wrist_fracture", (*FORM, told, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2), checked)),
    Journey(
        "depression_and_crps",
        (
            *(*FORM, told, decided, consented(TEN_DAYS), ordered(TEN_DAYS, 2), checked),
            *(infusion("Bed 1"), *4 * (monitored(15), looked_at), light_headed, monitored(13), looked_at, monitored(7)),
        ),
        minutes_ago=91,
    ),
    Journey(
        "postherpetic_neuralgia_refractory",
        (
            *(*FORM, told, decided, consented(SINGLE), ordered(SINGLE, 2), checked),
            *(infusion("Bed 2"), *8 * (monitored(15), looked_at), monitored(5), ended),
            *(followed(7, 4, (4, 4, 5)), followed(21, 5, (5, 5, 5)), followed(28, 7, (7, 6, 7))),
        ),
        minutes_ago=60 * 24 * 60,
    ),
)
