"""The first screen of a review: at most 45 lines of 80 columns, unless what is dangerous needs more."""

from __future__ import annotations

import io
from datetime import date
from functools import cache
from pathlib import Path

import letters
import pytest
from rich.console import Console
from whole_patients import NINE_STOPS, STORIES

from unwound import pathway
from unwound.candidacy import Verdict, verdicts
from unwound.cautions import CautionLevel
from unwound.exchange import case_file
from unwound.pathway import Review
from unwound.patient import Patient, Trial
from unwound.report import terminal, words
from unwound.report.summary import ASKED, STEPS, against, summary

FILES = {
    **STORIES,
    **{f"letter {name}": letters.FOLDER / f"{name}.case.toml" for name in letters.NAMES},
    **{f"example {path.stem}": path for path in (Path(pathway.__file__).parent / "examples").glob("*.toml")},
}
WIDTH, LINES = 80, 45


@cache
def reviewed(id: str) -> Review:
    return pathway.review(case_file.read_case(FILES[id].read_bytes(), id).patient)


def screen(review: Review, **options: bool) -> list[str]:
    console = Console(width=WIDTH, file=io.StringIO(), record=True)
    terminal.show(review, console, **options)
    return console.export_text().splitlines()


def run_on(lines: list[str]) -> str:
    """The words as they follow each other, whatever the width."""
    return " ".join(" ".join(line.strip("│ ") for line in lines).split())


@pytest.mark.parametrize("id", FILES)
def test_it_fits_and_names_what_is_dangerous(id: str) -> None:
    review = reviewed(id)
    lines = screen(review)
    text = run_on(lines)
    assert all(len(line) <= WIDTH for line in lines)
    stops = sum(finding.level == CautionLevel.STOP for finding in review.findings)
    today = sum(finding.same_day for finding in review.findings)
    assert len(lines) <= LINES or review.red_flags or (stops and today), "stops and what is acted on today give way"
    assert words.VERDICTS[review.candidacy.verdict].upper() in text
    for title in review.candidacy.not_asked:
        assert title in text
    for finding in review.findings:
        if finding.level == CautionLevel.STOP:
            assert finding.title in text
            assert finding.action in text


@pytest.mark.parametrize("id", FILES)
def test_the_one_reason_is_that_of_the_question_which_decides(id: str) -> None:
    review = reviewed(id)
    decision, reason = review.candidacy, summary(review).reason
    deciding = verdicts.first_no(decision.gates)
    if deciding is not None:
        first = decision.because[0].rstrip(".")
        title = first.partition(":")[0]
        assert reason.lower().endswith(first.lower()) or reason.startswith(title)
        assert deciding.otherwise == decision.verdict
    elif decision.verdict == Verdict.CANNOT_TELL:
        still_open = next(gate for gate in decision.gates if gate.judgement.holds is None)
        assert reason.startswith(still_open.when_unknown)
    else:
        assert decision.gates[verdicts.REFRACTORY].judgement.because[0] in reason


@pytest.mark.parametrize("id", FILES)
def test_the_order_is_the_same_and_nothing_stands_twice(id: str) -> None:
    review = reviewed(id)
    if review.red_flags:
        return
    lines = screen(review)
    text = run_on(lines)
    content = summary(review)
    parts = [
        words.who(review.patient),
        words.VERDICTS[review.candidacy.verdict].upper(),
        "Condition: ",
        words.HEADINGS["tried"],
        words.HEADINGS["next"],
        *(f"STOP {stop.title}" for stop in content.stops),
        *(f"CAUTION {pair.title}" for pair in content.together),
        *(["Ask first"] if content.questions else []),
        *([f"Evidence: {content.evidence}"] if content.evidence else []),
        "Advice, never an order",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert len(content.steps) <= STEPS
    assert len(content.questions) == min(ASKED, len(review.to_ask))
    full = [line for line in lines if len(line.strip()) > 30 and not line.startswith(("╭", "╰"))]
    assert len(set(full)) == len(full)


def test_nine_stops_are_nine_and_the_lines_give_way() -> None:
    patient = reviewed("crps_three_classes_failed").patient.model_copy(update={"sex": "female"})
    review = pathway.review(patient.knowing(**NINE_STOPS))
    text = run_on(screen(review))
    assert not review.red_flags
    assert text.count("STOP ") == len(review.other_stops) >= 9
    assert f"{review.other_stops[0].title}, and {len(review.other_stops) - 1} more below." in text


def test_an_opioid_with_a_benzodiazepine_stands_on_the_screen_with_what_to_do() -> None:
    text = run_on(screen(reviewed("opioid_and_benzodiazepine")))
    assert (
        "CAUTION An opioid with a benzodiazepine: takes an opioid: morphine; takes a benzodiazepine: diazepam." in text
    )
    assert "offer naloxone" in " ".join(pair.action for pair in summary(reviewed("opioid_and_benzodiazepine")).together)
    assert "CAUTION" not in run_on(screen(reviewed("crps_three_classes_failed")))


def test_what_is_acted_on_today_leads_the_cautions_and_keeps_its_action_however_short_the_screen() -> None:
    crowded = reviewed("published_linezolid_and_lofepramine")
    first, *others = summary(crowded).together
    assert (first.id, len(others)) == ("together_maoi_serotonergic", 4)
    text = run_on(screen(crowded))
    assert "Call the prescriber today: one of them has to end." in text
    assert ".. " not in text


def test_who_has_no_pain_is_told_that_nothing_is_to_be_started() -> None:
    text = run_on(screen(reviewed("published_linezolid_nerves_grown_back")))
    assert "What to do next: nothing to start, by what is known" in text


def test_a_dose_of_what_is_not_in_the_catalogue_claims_no_unit() -> None:
    trial = Trial(therapy="magic tea", top_dose=25, days=30)
    text = run_on(screen(pathway.review(Patient(as_of=date(2026, 11, 21), trials=(trial,)))))
    assert "25 a day" not in text
    assert "25, unit not recorded" in text


def test_the_local_guideline_that_speaks_against_it_stands_here_and_others_do_not() -> None:
    uk = reviewed("crps_in_the_united_kingdom")
    assert "Against it (2021, UK): Do not start ketamine" in run_on(screen(uk))
    assert {view.jurisdiction for view in against(uk)} == {"UK"}
    us = pathway.review(uk.patient.model_copy(update={"jurisdiction": "US"}))
    assert "UK" not in {view.jurisdiction for view in against(us)}
    anywhere = pathway.review(uk.patient.model_copy(update={"jurisdiction": None}))
    assert {"UK", "US"} <= {view.jurisdiction for view in against(anywhere)}


def test_sources_are_numbered_on_the_screen_and_listed_on_request() -> None:
    review = reviewed("crps_three_classes_failed")
    plain, listed = screen(review), screen(review, with_sources=True)
    assert listed[: len(plain)] == plain
    numbers = [line.partition(".")[0] for line in listed[len(plain) + 1 :] if line[:1].isdigit()]
    assert numbers[0] == "1"
    assert f"[{numbers[-1]}]" in " ".join(plain) or f",{numbers[-1]}]" in " ".join(plain)


def test_full_holds_every_question_and_every_source_once() -> None:
    review = reviewed("letter phantom_leg_and_stump")
    text = run_on(screen(review, full=True))
    for asked in review.to_ask:
        assert words.inquiry(asked) in text
    assert text.count("(unchecked)") == 0
    assert text.count("‡ unchecked") == 1
    effects = [step.nnt for step in review.next_steps if step.nnt]
    for numbers in set(effects):
        assert text.count(numbers) <= 1


def test_a_patient_of_whom_nothing_is_known_has_a_screen() -> None:
    lines = screen(pathway.review(Patient(as_of=reviewed("crps_three_classes_failed").patient.as_of)))
    assert len(lines) <= LINES
    assert "no treatment for pain is recorded" in run_on(lines)


@pytest.mark.parametrize("count", [12, 30])
def test_many_trials_are_counted_beyond_what_fits(count: int) -> None:
    base = reviewed("letter phantom_leg_and_stump").patient
    (first, *_) = base.trials
    trials = tuple(first.model_copy(update={"therapy": f"unheard-of {n}"}) for n in range(count))
    review = pathway.review(base.model_copy(update={"trials": (*base.trials, *trials)}))
    lines = screen(review)
    assert len(lines) <= LINES
    shown = run_on(lines)
    assert "more in --full" in shown


def test_an_emergency_is_its_box_and_the_action() -> None:
    review = reviewed("sciatica_saddle_numbness")
    text = run_on(screen(review))
    assert review.red_flags
    assert "URGENT: ACT TODAY" in text
    assert words.HEADINGS["next"] not in text
    assert screen(review) == screen(review, full=True)


def test_no_dose_is_named_without_what_may_lower_it() -> None:
    known = reviewed("painful_diabetic_neuropathy_untreated").patient.not_knowing("egfr_ml_per_min")
    unknown = known.not_knowing("creatinine_mg_per_dl").not_knowing("crcl_ml_per_min")
    text = run_on(screen(pathway.review(unknown)))
    assert "Duloxetine: start 30 mg/day" in text
    assert "renal function is not known and may lower these doses" in text
