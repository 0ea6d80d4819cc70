"""The parts of letters that come from the record, each a few blocks: text, lists, tables and boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from unwound import candidacy, evidence, record, therapies
from unwound.catalogue import Checked, plain
from unwound.cautions import CautionLevel
from unwound.conditions.knowledge import Direction, GradeLevel
from unwound.patient import Medication, Trial
from unwound.reading import condition_pages
from unwound.report import marks, words
from unwound.therapies import refractory
from unwound.therapies.knowledge import Line
from unwound.therapies.ledger import judged
from unwound_clinic.core.speaking import now, said
from unwound_clinic.letters.blocks import About, Block, bullets, cell, heading, item, paragraphs, sentence
from unwound_clinic.models import Decision

POSITIONS = {
    "non-coverage": "non-coverage",
    "investigational": "investigational",
    "conditions": "coverage under conditions, or case by case",
    "silent": "silent on this treatment",
    "unknown": "not known",
}
CLAIMS_NOTHING = (
    "This letter does not claim that the treatment is covered. It states the medical facts and asks for an individual "
    "review."
)
NOT_COVERED = ("non-coverage", "investigational")
SETTLED = (GradeLevel.DEFINITE, GradeLevel.PROBABLE, GradeLevel.POSSIBLE)
STOPS = {"no-effect": "stopped: no effect", "side-effects": "stopped: side effects", "other": "stopped: other reason"}
MOST_STEPS, MOST_GRADES = 6, 3


def _findings(about: About) -> Iterator[Block]:
    grades = [grade for grade in about.review.grades if grade.level in SETTLED][:MOST_GRADES]
    yield heading("Findings")
    if about.review.other_pains:
        yield paragraphs(words.pain_in_view(about.review))
    if not grades:
        yield paragraphs("From what is known today, no condition could be graded as possible or better.")
    yield from bullets(
        [
            item(f"{grade.level}. {sentence(grade.because)}", about.refs(grade.sources), strong=grade.title)
            for grade in grades
        ]
    )


def _urgent(about: About) -> Iterator[Block]:
    for flag in about.review.red_flags:
        if flag.holds:
            yield {"kind": "box", "title": flag.title, "text": f"{sentence(flag.because)} {flag.action}"}


def _other_stops(about: About) -> Iterator[Block]:
    """What else forbids ketamine beside an emergency, every one of it; and where the rest of the review is."""
    items = [
        item(f"{sentence(finding.because)} {finding.action}", about.refs(finding.sources), strong=finding.title)
        for finding in about.review.other_stops
    ]
    if items:
        yield heading(words.HEADINGS["also"])
        yield from bullets(items)
    yield paragraphs(f"{words.AFTERWARDS}, and will follow.")


def _cautions(about: About) -> Iterator[Block]:
    findings = [
        finding
        for finding in about.review.findings
        if finding.holds and finding.level != CautionLevel.NOTE and finding.because
    ]
    if findings:
        yield heading("Precautions with ketamine")
        items = [
            item(
                f"{sentence(finding.because)} {finding.action}",
                about.refs(finding.sources, finding.checked),
                strong=finding.title,
            )
            for finding in findings
        ]
        yield from bullets(items)


def _medicines(about: About) -> Iterator[Block]:
    patient = about.review.patient
    medicines = [f"{medicine.drug}{_dose_now(medicine)}" for medicine in patient.medications]
    complete = "" if patient.value("medication_list_complete") is True else " The list may not be complete."
    yield heading("Medicines and allergies")
    yield paragraphs(
        f"Medicines: {', '.join(medicines) or 'none recorded'}.{complete} "
        f"Allergies: {', '.join(patient.allergies) or 'none recorded'}."
    )


def _dose_now(medicine: Medication) -> str:
    if medicine.dose_ug_per_hour:
        return f" {plain(medicine.dose_ug_per_hour)} micrograms an hour"
    return f" {plain(medicine.dose_mg_per_day)} mg a day" if medicine.dose_mg_per_day else ""


def _treatments_tried(about: About) -> Iterator[Block]:
    """Every trial with dose, time, effect, verdict and reason."""
    rows = list(_trials(about))
    yield heading("Previous treatments for the pain")
    if not rows:
        yield paragraphs("None recorded.")
        return
    yield {
        "kind": "table",
        "head": ["Treatment", "Highest dose", "Duration", "Effect", "Verdict and reason"],
        "widths": [19, 14, 20, 16, 31],
        "rows": rows,
    }


def _trials(about: About) -> Iterator[list[dict[str, Any]]]:
    sources = {entry.therapy: (entry.sources, marks.of_entry(entry)) for entry in about.review.ledger.entries}
    for case, judgement in judged(about.review.patient):
        trial, id = case.trial, judgement.therapy or case.trial.therapy
        therapy = therapies.therapies().get(id)
        dose = f"{plain(trial.top_dose)} {case.unit}" if trial.top_dose is not None else "not known"
        ids, checked = sources.get(id, ((), Checked.PRIMARY))
        verdict = judgement.says
        reasons = sentence(judgement.because)
        yield [
            cell(therapy.title if therapy else trial.therapy),
            cell(dose),
            cell(_time(case.days, trial)),
            cell(_effect(trial)),
            cell(f"{verdict[:1].upper()}{verdict[1:]}. {reasons}", about.refs(ids, checked)),
        ]


def _time(days: float | None, trial: Trial) -> str:
    parts = [f"{plain(days)} days" if days is not None else "not known"]
    if trial.days_at_top is not None:
        parts.append(f"{plain(trial.days_at_top)} at the highest dose")
    if trial.start is not None:
        end = f"{trial.end:%b %Y}" if trial.end else "now" if trial.ongoing else "?"
        parts.append(f"{trial.start:%b %Y} to {end}")
    return "; ".join(parts)


def _effect(trial: Trial) -> str:
    parts = []
    if trial.relief_percent is not None:
        parts.append(f"{plain(trial.relief_percent)} % relief")
    elif trial.effect is not None:
        parts.append({"none": "no relief", "some": "some relief", "good": "good relief"}[trial.effect])
    if trial.stopped is not None:
        parts.append(STOPS[trial.stopped])
    if trial.side_effects:
        parts.append(trial.side_effects)
    return "; ".join(parts) or "not known"


def _refractory(about: About) -> Iterator[Block]:
    ledger = about.review.ledger
    items = []
    for id, judgement in (("local", ledger.refractory_local), ("delphi", ledger.refractory_delphi)):
        rule = refractory.rules()[id]
        because = [reason.removeprefix(f"{rule.title}: ") for reason in judgement.because]
        text = f"{words.three(judgement.holds).capitalize()}. {sentence(because)}"
        items.append(item(text, about.refs(evidence.cite(rule), marks.worst(rule)), strong=rule.title))
    yield heading("Is the pain refractory to treatment?")
    yield from bullets(items)


def _decision(about: About) -> Iterator[Block]:
    yield heading("Decision on ketamine")
    decision = about.decision
    if decision is None:
        yield paragraphs("No decision has been signed yet.")
        return
    verdict = words.VERDICTS.get(decision.decided, decision.decided)
    yield paragraphs(f"{verdict}: signed by {decision.signed_by.name}, {_day(decision)}.")
    if decision.overridden:
        advised = words.VERDICTS.get(decision.advised, decision.advised)
        reason = decision.override_reason
        yield paragraphs(f"The software had advised otherwise («{advised}»). Reason for the decision: {reason}")
    else:
        findings = {reason for grade in about.review.grades for reason in grade.because}
        reasons = [
            reason for reason in decision.shown.get("candidacy", {}).get("because", []) if reason not in findings
        ]
        yield from bullets([item(sentence([reason])) for reason in reasons])


def _depression(about: About) -> Iterator[Block]:
    """The second indication in a few lines; nothing where no depression is in play."""
    advice, decision = about.review.depression, about.on_depression
    if advice is None:
        return
    yield heading("Ketamine for the depression, decided apart from the pain")
    verdict = words.DEPRESSION_VERDICTS[advice.verdict]
    yield paragraphs(f"{words.depression_evidence_line(advice)}. Advice: {verdict}. {sentence(advice.because)}")
    if decision is not None:
        decided = words.DEPRESSION_VERDICTS.get(decision.decided, decision.decided)
        why = f" Reason for deciding otherwise: {decision.override_reason}" if decision.overridden else ""
        yield paragraphs(f"{decided}: signed by {decision.signed_by.name}, {_day(decision)}.{why}")
    cited = (*advice.options, *advice.suicide[:1], *advice.together)
    yield from bullets([item(text.text, about.cited(text)) for text in cited])


def _day(decision: Decision) -> str:
    return record.long_day(decision.signed_at.astimezone(decision.patient.site.zone))


def _evidence(about: About) -> Iterator[Block]:
    condition = about.review.candidacy.condition
    if condition is None:
        return
    ketamine = condition.ketamine
    yield heading("The evidence for and against")
    items = [item(ketamine.text.text, about.cited(ketamine.text), strong=words.evidence_line(about.review.candidacy))]
    items += [
        item(f"{view.text}", about.cited(view), strong=f"{view.year}, {words.DIRECTIONS[view.direction]}")
        for view in ketamine.views
        if view.direction != Direction.SILENT
    ]
    yield from bullets(items)


def _next_steps(about: About) -> Iterator[Block]:
    steps = about.review.candidacy.alternatives[:MOST_STEPS]
    yield heading("Other treatment options")
    items = [
        item(
            " ".join(sentence([part]) for part in (words.LINES[step.line], step.why, step.schedule) if part),
            about.refs(step.sources, marks.of_step(step)),
            strong=step.title,
        )
        for step in steps
    ]
    yield from bullets(items) or [paragraphs("No further options were found.")]


def _course(about: About) -> Iterator[Block]:
    if about.plan is None:
        return
    shown = about.plan.shown
    yield heading("Planned course")
    start = f", from {record.long_day(about.plan.start_on)}" if about.plan.start_on else ""
    yield paragraphs(
        f"{shown['title']}: {shown['total_mg']:.1f} mg in total for {about.plan.weight_kg:.1f} kg, "
        f"{shown['hours']:g} hours of infusion on {len(shown['days'])} days{start}. "
        f"Status of the order: {about.plan.get_state_display()}."
    )
    yield from bullets(
        [
            item(f"Day {test['day']}: {test['text']}", about.refs([test["source"]], test["checked"]))
            for test in shown["liver_tests"]
        ]
    )


def _payer(about: About) -> Iterator[Block]:
    """The payer's policy as it was entered, and that nothing is claimed of coverage."""
    payer = about.payer
    policy = f"«{payer['policy']}» of {payer.get('payer') or 'the payer'}" if payer.get("policy") else ""
    on = payer.get("policy_on")
    dated = f"dated {record.long_day(on)}" if on else "date not entered"
    position = payer.get("position") or "unknown"
    name = policy or payer.get("payer") or "not entered"
    text = f"Policy: {name} ({dated}). Position, as entered: {POSITIONS[position]}."
    if position in NOT_COVERED:
        text += " In plain words: payer policy is non-coverage."
    yield heading("Payer policy")
    yield {"kind": "box", "title": "", "text": f"{text}\n\n{CLAIMS_NOTHING}"}


def _codes(about: About) -> Iterator[Block]:
    codes = str(about.payer.get("codes") or "").strip()
    if codes:
        yield paragraphs(f"Codes, as entered: {codes}")


def _plain(about: About) -> Iterator[Block]:
    """For the patient, in the language that is spoken now: no score, no code, no promise; beside an emergency nothing
    but what to do.
    """
    jurisdiction = about.review.patient.jurisdiction
    flags = candidacy.told_of(about.review.red_flags)
    urgent = candidacy.urgent_help(flags, jurisdiction, about.lines, now())
    if urgent:
        yield {"kind": "box", "title": said("Please read this first"), "text": "\n\n".join(urgent)}
    else:
        yield from _plain_findings(about)
    call_lists = (
        (said("When to call us"), about.lines.clinic, "call-us"),
        (said("When to call the emergency number"), about.lines.emergency, "call-emergency"),
    )
    for title, number, key in call_lists:
        yield heading(f"{title}, {number}" if number else title)
        yield from bullets([item(said(line)) for line in candidacy.plain_words("letter")[key]])


def _plain_findings(about: About) -> Iterator[Block]:
    """What was found, what it means for ketamine, and what else can help."""
    best = next((grade for grade in about.review.grades if grade.level in SETTLED), None)
    yield heading(said("What we found"))
    findings = candidacy.plain_words("found")
    condition = condition_pages.name(best.condition) if best else ""
    for line in findings[best.level if best else "nothing-yet"]:
        yield paragraphs(said(line).replace("{condition}", said(condition)))
    yield heading(said("Ketamine"))
    decided = about.decision.decided if about.decision else about.review.candidacy.verdict
    for line in candidacy.plain_words().get(decided, about.review.candidacy.plain_words):
        yield paragraphs(said(line))
    yield from _plain_mood(about)
    steps = [step for step in about.review.candidacy.alternatives if step.line != Line.LAST][:4]
    if steps:
        yield heading(said("What else can help"))
        yield from bullets([item(said(step.title)) for step in steps])


def _plain_mood(about: About) -> Iterator[Block]:
    if about.review.depression is None:
        return
    signed = about.on_depression
    overridden = signed is not None and signed.overridden
    yield heading(said("Your mood"))
    for line in (
        candidacy.plain_words("depression")[signed.decided]
        if signed is not None and overridden
        else about.review.depression.plain_words
    ):
        yield paragraphs(said(line))


Part = Callable[[About], Iterable[Block]]
PARTS: Mapping[str, tuple[Part, ...]] = {
    "referral": (_urgent, _findings, _cautions, _treatments_tried, _medicines, _decision, _depression),
    "reply": (_urgent, _findings, _decision, _depression, _cautions, _next_steps, _treatments_tried),
    "medical-necessity": (_codes, _findings, _treatments_tried, _refractory, _decision, _course, _evidence, _payer),
    "summary": (
        _urgent,
        _findings,
        _decision,
        _depression,
        _course,
        _cautions,
        _treatments_tried,
        _medicines,
        _next_steps,
    ),
    "plain": (_plain,),
}
IN_AN_EMERGENCY: tuple[Part, ...] = (_urgent, _other_stops, _medicines)
"""What a letter to another clinician says while something urgent is found: the action, and what acting needs."""
