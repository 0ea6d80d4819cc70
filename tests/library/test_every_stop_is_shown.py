"""Nine stops are nine lines, and nine urgent findings nine boxes: in the terminal, on the page and in the JSON."""

import io

import pytest
from rich.console import Console
from whole_patients import NINE_STOPS, STORIES

from unwound import pathway
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.report import terminal
from unwound.report.as_json import as_json
from unwound.report.page import page

NINE_URGENT = {
    "saddle_numbness_new": True,
    "limb_ischaemia_signs": True,
    "fever_or_infection_risk_with_spinal_pain": True,
    "ascending_weakness_rapid": True,
    "neuropathy_asymmetric": True,
    "temporal_headache_with_vision_or_jaw": True,
    "suicidal_thoughts_now": True,
    "suicidal_plan_or_intent": True,
    "suicidal_behaviour_3_months": True,
}


def review(known: dict[str, bool | float]) -> Review:
    case = case_file.read_case(STORIES["crps_three_classes_failed"].read_text("utf-8"), "candidate")
    female = case.patient.model_copy(update={"sex": "female"})
    return pathway.review(female.knowing(**known))


def printed(about: Review, *, full: bool = False) -> str:
    console = Console(width=1000, file=io.StringIO(), record=True)
    terminal.show(about, console, full=full)
    return console.export_text()


@pytest.mark.parametrize("known", [NINE_STOPS, NINE_URGENT], ids=["stops", "urgent"])
def test_nine_of_them_are_nine(known: dict[str, bool | float]) -> None:
    about = review(known)
    stops = [finding for finding in about.findings if finding.level == "stop"]
    assert len(stops) >= 9
    text, whole, html, json = printed(about), printed(about, full=True), page(about), as_json(about, ())
    assert {finding.id for finding in stops} <= {finding["id"] for finding in json["findings"]}
    for finding in stops:
        assert finding.title in text, finding.id
        assert finding.title in whole, finding.id
        assert finding.title in html, finding.id
        assert finding.action.split(".")[0] in text, finding.id


def test_the_decision_gives_every_stop_as_its_reason() -> None:
    about = review(NINE_STOPS)
    reasons = " ".join(about.candidacy.because)
    assert all(one.title in reasons for one in about.findings if one.level == "stop")


def test_every_urgent_finding_has_a_box_of_its_own() -> None:
    about = review(NINE_URGENT)
    assert len(about.red_flags) >= 9
    assert printed(about).count("URGENT: ACT TODAY") == len(about.red_flags)
    assert len(as_json(about, ())["red_flags"]) == len(about.red_flags)
