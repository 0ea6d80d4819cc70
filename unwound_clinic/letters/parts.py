"""The parts of letters that the record itself says, each a few blocks: text, lists, tables and boxes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unwound import candidacy, evidence, intake, therapies
from unwound.catalogue import Checked, CitedText, plain
from unwound.cautions import CautionLevel
from unwound.conditions.knowledge import Direction, GradeLevel
from unwound.pathway import Review
from unwound.report import marks, words
from unwound.report.marks import References
from unwound.therapies import refractory
from unwound.therapies.knowledge import Line
from unwound.therapies.ledger import judged
from unwound_clinic.models import Decision, Plan

Block = dict[str, Any]
MARKS: Mapping[Checked, str] = {Checked.PRIMARY: "", Checked.SECONDARY: "†", Checked.UNCHECKED: "‡"}
POSITIONS = {
    "non-coverage": "non-coverage",
    "investigational": "investigational",
    "conditions": "coverage under conditions, or case by case",
    "silent": "silent on this treatment",
    "unknown": "not known to us",
}
CLAIMS_NOTHING = (
    "This letter does not claim that the treatment is covered. It states the medical facts and asks for an individual "
    "review."
)
NOT_COVERED = ("non-coverage", "investigational")
SETTLED = (GradeLevel.DEFINITE, GradeLevel.PROBABLE, GradeLevel.POSSIBLE)
STOPS = {"no-effect": "stopped: no effect", "side-effects": "stopped: side effects", "other": "stopped: other reason"}
MOST_STEPS, MOST_GRADES = 6, 3
DATED = re.compile(r" \((\d{4}-\d{2}-\d{2})\)$")
"""The day a reason was recorded, at its end."""


@dataclass(slots=True, kw_only=True)
class About:
    """Everything a letter may speak of, and the sources it names as it goes."""

    review: Review
    decision: Decision | None
    plan: Plan | None
    payer: Mapping[str, Any]
    references: References

    def refs(self, ids: Iterable[str], checked: Checked = Checked.PRIMARY) -> list[str]:
        """Numbers of these sources, the last with its mark."""
        found = [str(number) for number in self.references.numbers([id for id in ids if id != "unwound_local"])]
        mark = MARKS[checked]
        return [*found[:-1], f"{found[-1]}{mark}"] if found else [mark] if mark else []

    def cited(self, one: CitedText) -> list[str]:
        """The same for a cited sentence."""
        return self.refs([one.source], one.checked)


def told(said: str) -> Block:
    """Paragraphs."""
    return {"kind": "text", "text": said.strip()}


def heading(said: str) -> Block:
    """The heading of what follows."""
    return {"kind": "heading", "text": said}


def listed(items: Sequence[dict[str, Any]]) -> list[Block]:
    """A list, unless it is empty."""
    return [{"kind": "list", "items": list(items)}] if items else []


def item(said: str, refs: Sequence[str] = (), *, strong: str = "") -> dict[str, Any]:
    """One of a list: what it is about, what is said, the numbers of its sources."""
    return {"text": said, "refs": list(refs), "strong": strong}


def cell(said: str, refs: Sequence[str] = ()) -> dict[str, Any]:
    """One of a table."""
    return {"text": said, "refs": list(refs)}


def _found(it: About) -> Iterator[Block]:
    grades = [one for one in it.review.grades if one.level in SETTLED][:MOST_GRADES]
    yield heading("Findings")
    if not grades:
        yield told("No condition could be graded as possible or more from what is known today.")
    yield from listed(
        [item(f"{one.level}. {_sentence(one.because)}", it.refs(one.sources), strong=one.title) for one in grades]
    )


def _urgent(it: About) -> Iterator[Block]:
    for one in it.review.red_flags:
        if one.holds:
            yield {"kind": "box", "title": one.title, "text": f"{_sentence(one.because)} {one.action}"}


def _cautions(it: About) -> Iterator[Block]:
    held = [one for one in it.review.findings if one.holds and one.level != CautionLevel.NOTE and one.because]
    if held:
        yield heading("To bear in mind with ketamine")
        items = [
            item(f"{_sentence(one.because)} {one.action}", it.refs(one.sources, one.checked), strong=one.title)
            for one in held
        ]
        yield from listed(items)


def _medicines(it: About) -> Iterator[Block]:
    known = it.review.patient
    taken = [
        f"{one.drug}{f' {plain(one.dose_mg_per_day)} mg a day' if one.dose_mg_per_day else ''}"
        for one in known.medications
    ]
    complete = "" if known.value("medication_list_complete") is True else " The list may not be complete."
    yield heading("Medicines and allergies")
    yield told(
        f"Medicines: {', '.join(taken) or 'none recorded'}.{complete} "
        f"Allergies: {', '.join(known.allergies) or 'none recorded'}."
    )


def _tried(it: About) -> Iterator[Block]:
    """Every trial with dose, time, effect, verdict and reason."""
    rows = list(_trials(it))
    yield heading("Treatments tried for the pain")
    if not rows:
        yield told("None is recorded.")
        return
    yield {
        "kind": "table",
        "head": ["Treatment", "Highest dose", "Time", "Effect", "Verdict and reason"],
        "widths": [19, 14, 20, 16, 31],
        "rows": rows,
    }


def _trials(it: About) -> Iterator[list[dict[str, Any]]]:
    sources = {entry.therapy: (entry.sources, marks.of_entry(entry)) for entry in it.review.ledger.entries}
    for case, one in judged(it.review.patient):
        trial, id = case.trial, one.therapy or case.trial.therapy
        known = therapies.therapies().get(id)
        dose = f"{plain(trial.top_dose)} {case.unit}" if trial.top_dose is not None else "not known"
        ids, checked = sources.get(id, ((), Checked.PRIMARY))
        verdict = words.TRIALS[one.verdict]
        yield [
            cell(known.title if known else trial.therapy),
            cell(dose),
            cell(_time(case.days, trial)),
            cell(_effect(trial)),
            cell(f"{verdict[:1].upper()}{verdict[1:]}. {_sentence(one.because)}", it.refs(ids, checked)),
        ]


def _time(days: float | None, trial: Any) -> str:
    said = [f"{plain(days)} days" if days is not None else "not known"]
    if trial.days_at_top is not None:
        said.append(f"{plain(trial.days_at_top)} at the highest dose")
    if trial.start is not None:
        end = f"{trial.end:%b %Y}" if trial.end else "now" if trial.ongoing else "?"
        said.append(f"{trial.start:%b %Y} to {end}")
    return "; ".join(said)


def _effect(trial: Any) -> str:
    said = []
    if trial.relief_percent is not None:
        said.append(f"{plain(trial.relief_percent)} % relief")
    elif trial.effect is not None:
        said.append({"none": "no relief", "some": "some relief", "good": "good relief"}[trial.effect])
    if trial.stopped is not None:
        said.append(STOPS[trial.stopped])
    if trial.side_effects:
        said.append(trial.side_effects)
    return "; ".join(said) or "not known"


def _refractory(it: About) -> Iterator[Block]:
    both = (("local", it.review.ledger.refractory_local), ("delphi", it.review.ledger.refractory_delphi))
    items = []
    for id, one in both:
        rule = refractory.rules()[id]
        because = [reason.removeprefix(f"{rule.title}: ") for reason in one.because]
        said = f"{words.three(one.holds).capitalize()}. {_sentence(because)}"
        items.append(item(said, it.refs(evidence.cite(rule), marks.worst(rule)), strong=rule.title))
    yield heading("Has enough been tried?")
    yield from listed(items)


def _decided(it: About) -> Iterator[Block]:
    yield heading("Decision on ketamine")
    one = it.decision
    if one is None:
        yield told("No decision has been signed yet.")
        return
    yield told(f"{words.VERDICTS.get(one.decided, one.decided)}: signed by {one.signed_by.name}, {_day(one)}.")
    if one.overridden:
        advised = words.VERDICTS.get(one.advised, one.advised)
        yield told(f"The software had advised otherwise («{advised}»). The reason: {one.override_reason}")
    else:
        found = {reason for grade in it.review.grades for reason in grade.because}
        because = [said for said in one.shown.get("candidacy", {}).get("because", []) if said not in found]
        yield from listed([item(_sentence([said])) for said in because[:4]])


def _day(one: Decision) -> str:
    return f"{one.signed_at.astimezone(one.patient.site.zone):%-d %B %Y}"


def _evidence(it: About) -> Iterator[Block]:
    condition = it.review.candidacy.condition
    if condition is None:
        return
    known = condition.ketamine
    yield heading("What the evidence says, for and against")
    items = [item(known.text.text, it.cited(known.text), strong=words.evidence_line(it.review.candidacy))]
    items += [
        item(f"{view.text}", it.cited(view), strong=f"{view.year}, {words.DIRECTIONS[view.direction]}")
        for view in known.views
        if view.direction != Direction.SILENT
    ]
    yield from listed(items)


def _next(it: About) -> Iterator[Block]:
    steps = it.review.candidacy.alternatives[:MOST_STEPS]
    yield heading("What else can be offered")
    items = [
        item(
            " ".join(_sentence([part]) for part in (words.LINES[one.line], one.why, one.schedule) if part),
            it.refs(one.sources, marks.of_step(one)),
            strong=one.title,
        )
        for one in steps
    ]
    yield from listed(items) or [told("Nothing further was found.")]


def _course(it: About) -> Iterator[Block]:
    if it.plan is None:
        return
    shown = it.plan.shown
    yield heading("Planned course")
    start = f", from {it.plan.start_on:%-d %B %Y}" if it.plan.start_on else ""
    yield told(
        f"{shown['title']}: {shown['total_mg']:.1f} mg in all for {it.plan.weight_kg:.1f} kg, {shown['hours']:g} hours "
        f"of infusion on {len(shown['days'])} days{start}. "
        f"State of the order: {it.plan.get_state_display()}."
    )
    yield from listed(
        [
            item(f"Day {one['day']}: {one['text']}", it.refs([one["source"]], one["checked"]))
            for one in shown["liver_tests"]
        ]
    )


def _payer(it: About) -> Iterator[Block]:
    """The payer's policy as it was entered, and that nothing is claimed of coverage."""
    payer = it.payer
    policy = f"«{payer['policy']}» of {payer.get('payer') or 'the payer'}" if payer.get("policy") else ""
    on = payer.get("policy_on")
    dated = f"dated {on:%-d %B %Y}" if on else "date not entered"
    position = payer.get("position") or "unknown"
    said = (
        f"Policy: {policy or payer.get('payer') or 'not entered'} ({dated}). It is, as entered: {POSITIONS[position]}."
    )
    if position in NOT_COVERED:
        said += " In plain words: payer policy is non-coverage."
    yield heading("Payer policy")
    yield {"kind": "box", "title": "", "text": f"{said}\n\n{CLAIMS_NOTHING}"}


def _codes(it: About) -> Iterator[Block]:
    codes = str(it.payer.get("codes") or "").strip()
    if codes:
        yield told(f"Codes, as entered: {codes}")


def _plain(it: About) -> Iterator[Block]:
    """For the patient: no score, no code, nothing promised."""
    best = next((one for one in it.review.grades if one.level in SETTLED), None)
    where = it.review.patient.jurisdiction
    first = intake.urgent_help([(one.id, one.kind) for one in it.review.red_flags], where)
    if first:
        yield {"kind": "box", "title": "Please read this first", "text": "\n\n".join(first)}
    yield heading("What we found")
    found = candidacy.plain_words("found")
    for said in found[best.level if best else "nothing-yet"]:
        yield told(said.replace("{condition}", best.title if best else ""))
    yield heading("Ketamine")
    decided = it.decision.decided if it.decision else it.review.candidacy.verdict
    for said in candidacy.plain_words().get(decided, it.review.candidacy.plain_words):
        yield told(said)
    steps = [one for one in it.review.candidacy.alternatives if one.line != Line.LAST][:4]
    if steps:
        yield heading("What else can help")
        yield from listed([item(one.title) for one in steps])
    number = intake.emergency_number(where)
    when = {
        "When to call us": "call-us",
        f"When to call the emergency number{f', {number}' if number else ''}": "call-emergency",
    }
    for title, words_of in when.items():
        yield heading(title)
        yield from listed([item(said) for said in candidacy.plain_words("letter")[words_of]])


def _sentence(parts: Iterable[str]) -> str:
    """Reasons as one line that ends; a date that all of them share is told once."""
    reasons = [part.rstrip(".") for part in parts]
    dates = {found.group(1) if (found := DATED.search(one)) else "" for one in reasons}
    once = f" ({dates.pop()})" if len(reasons) > 1 and len(dates) == 1 and "" not in dates else ""
    said = "; ".join(DATED.sub("", one) if once else one for one in reasons)
    return f"{said[:1].upper()}{said[1:]}{once}{'' if said.endswith('?') else '.'}" if said else ""


Part = Callable[[About], Iterable[Block]]
PARTS: Mapping[str, tuple[Part, ...]] = {
    "referral": (_urgent, _found, _tried, _medicines, _decided),
    "reply": (_urgent, _found, _decided, _next, _tried),
    "medical-necessity": (_codes, _found, _tried, _refractory, _decided, _course, _evidence, _payer),
    "summary": (_urgent, _found, _decided, _course, _cautions, _tried, _medicines, _next),
    "plain": (_plain,),
}
