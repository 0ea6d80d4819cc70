"""A review for the eye in a terminal: the decision first, then what it rests on, then what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from unwound import questions
from unwound.candidacy import Verdict
from unwound.catalogue import Checked
from unwound.cautions import CautionLevel
from unwound.pathway import Review
from unwound.report import marks, words
from unwound.therapies.knowledge import Line

COLOURS = {
    Verdict.CANDIDATE: "green",
    Verdict.FIRST_LINE_FIRST: "blue",
    Verdict.NOT_A_CANDIDATE: "red",
    Verdict.CANNOT_TELL: "yellow",
}
LEVELS = {CautionLevel.STOP: "bold red", CautionLevel.ASK: "yellow", CautionLevel.NOTE: "blue"}
SHOWN = 12
"""Questions shown in full; the rest are counted, and stand in the page and the JSON."""


def show(review: Review, console: Console, *, story: str = "", notes: tuple[str, ...] = ()) -> None:
    """Print the review; `story` is what the case tells, `notes` what could not be read of the record."""
    references = marks.References()
    console.print()
    console.rule(Text(f"{words.who(review.patient)} · as of {review.patient.as_of}"))
    if story:
        console.print(Text(" ".join(story.split()), style="italic dim"))
    for one in review.red_flags:
        told = Text.assemble((f"{one.title}. ", "bold"), f"{'; '.join(one.because)}. {one.action}")
        console.print(Panel(told, title="FIRST, TODAY", border_style="red"))
    console.print(_decision(review, references))
    for title, part in (
        ("What to do next", _steps(review, references)),
        ("What kind of pain, and how sure", _grades(review, references)),
        ("What was really tried", _ledger(review, references)),
        ("Safety", _findings(review, references)),
        ("Mood, kept apart from the pain", _mood(review)),
        ("Where guidance on ketamine disagrees", _views(review, references)),
        (f"What is missing: {len(review.asks)} questions", _asks(review)),
        ("What would change the answer (each was tried)", _changes(review)),
        ("What could not be read of the record", _bullets(notes) if notes else None),
        ("In plain words, for the patient", _bullets(review.candidacy.plain_words)),
        ("Sources", _sources(references)),
    ):
        if part is not None:
            console.print()
            console.print(Text(title, style="bold underline"))
            console.print(part)
    console.print()
    console.print(Text(words.ADVICE, style="dim"))


def _decision(review: Review, references: marks.References) -> RenderableType:
    decision = review.candidacy
    lines = [Text(f"{words.evidence_line(decision)}."), *(Text(f"• {reason}") for reason in decision.because)]
    if decision.condition:
        text = decision.condition.ketamine.text
        lines.insert(1, Text(f"{text.text} {_refs(references, [text.source])}{_mark(text.checked)}", style="dim"))
    if decision.before and decision.verdict in (Verdict.CANDIDATE, Verdict.CANNOT_TELL):
        lines.append(Text(f"To weigh or do before any infusion: {'; '.join(decision.before)}", style="bold"))
    colour = COLOURS[decision.verdict]
    title = Text(words.VERDICTS[decision.verdict].upper(), style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _steps(review: Review, references: marks.References) -> RenderableType:
    """First and second line in full; what comes later, and what does not suit, in a line each."""
    parts: list[RenderableType] = []
    for line, steps in groupby(review.next_steps, key=lambda step: step.line):
        parts.append(Text(words.LINES[line], style="dim"))
        for step in steps:
            head = f"{step.title} {_refs(references, step.sources)}{_mark(marks.of_step(step))}"
            against = "; ".join(one.text for one in step.against)
            if line in (Line.FIRST, Line.SECOND):
                asked = f"ask first: {len(step.ask)}" if step.ask else ""
                parts.append(_item(head, step.why, step.schedule, step.nnt, against and f"against: {against}", asked))
            else:
                parts.append(_item(head, step.why))
    return Group(*parts)


def _grades(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for one in review.grades:
        head = f"{one.title}: {one.level.replace('-', ' ')} {_refs(references, one.sources)}"
        raises = " ".join(questions.in_words(id) for id in one.ask[:4])
        parts.append(_item(head, "; ".join(one.because), raises and f"would settle or raise it: {raises}"))
    flags = review.flags
    kinds = {
        "neuropathic": flags.neuropathic,
        "nociceptive": flags.nociceptive,
        "nociplastic": flags.nociplastic,
        "CRPS": flags.crps,
        "fibromyalgia": flags.fibromyalgia,
    }
    said = " · ".join(f"{name}: {words.three(judgement.holds)}" for name, judgement in kinds.items())
    return Group(*parts, Text(said))


def _ledger(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for one in review.ledger.entries:
        mark = f"{_refs(references, one.sources)}{_mark(marks.of_entry(one))}"
        parts.append(_item(f"{one.title}: {words.TRIALS[one.verdict]} {mark}", "; ".join(one.because)))
    local, delphi = review.ledger.refractory_local, review.ledger.refractory_delphi
    said = f"refractory by the local rule: {words.three(local.holds)} · by Delphi 2012: {words.three(delphi.holds)}"
    nothing = [] if parts else [Text("no treatment for pain is recorded")]
    return Group(*parts, *nothing, Text(f"{said} {_refs(references, review.ledger.sources)}"))


def _findings(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for one in review.findings:
        if one.holds:
            mark = f"{_refs(references, one.sources)}{_mark(one.checked)}"
            head = Text.assemble((f"{one.level:4} ", LEVELS[one.level]), (f"{one.title} ", "bold"), (mark, "dim"))
            boundary = one.boundary and f"boundary: {one.boundary}"
            parts.append(_item(head, "; ".join(one.because), boundary, one.action))
    open = "; ".join(one.title for one in review.findings if not one.holds)
    asked = Text(f"still to be asked: {open}" if open else "nothing left to ask", style="dim")
    return Group(*(parts or [Text("nothing that is known speaks against it")]), asked)


def _mood(review: Review) -> RenderableType:
    mood = review.mood
    said = (
        f"severity: {mood.severity or 'not known'} · depression now: {words.three(mood.depression.holds)}"
        f" · treatment-resistant: {words.three(mood.treatment_resistant.holds)}"
    )
    return Group(Text(said), *(Text(f"• {reason}", style="dim") for reason in mood.because))


def _views(review: Review, references: marks.References) -> RenderableType | None:
    if review.candidacy.condition is None:
        return None
    return Group(
        *(
            _item(
                f"{view.year}{view.jurisdiction and f', {view.jurisdiction}'}: {words.DIRECTIONS[view.direction]} "
                f"{_refs(references, [view.source])}{_mark(view.checked)}",
                view.text,
            )
            for view in review.candidacy.condition.ketamine.views
        )
    )


def _asks(review: Review) -> RenderableType:
    shown = _bullets(one.question for one in review.asks[:SHOWN])
    more = len(review.asks) - SHOWN
    return Group(shown, Text(f"... and {more} more, in --html and --json", style="dim")) if more > 0 else shown


def _changes(review: Review) -> RenderableType:
    lines: list[str] = []
    for change in review.would_change:
        if len(change.flips) > 1 or change.verdict != Verdict.NOT_A_CANDIDATE:
            facts = "; ".join(flip.then for flip in change.flips)
            lines.append(f"{words.VERDICTS[change.verdict]}, if: {facts}")
    refusing = sum(change.verdict == Verdict.NOT_A_CANDIDATE for change in review.would_change)
    if refusing:
        lines.append(f"{refusing} single facts would refuse it (listed in --html and --json)")
    return _bullets(lines or ["no single fact that is known or asked for"])


def _sources(references: marks.References) -> RenderableType:
    listed = references.listed()
    return Group(*(Text(f"{n}. {line}{_mark(checked)}", style="dim") for n, (_, line, checked) in enumerate(listed, 1)))


def _bullets(lines: Iterable[str]) -> RenderableType:
    return Group(*(Text(f"• {line}") for line in lines))


def _refs(references: marks.References, ids: Iterable[str]) -> str:
    numbers = references.numbers(tuple(ids))
    return f"[{','.join(str(number) for number in numbers)}]" if numbers else ""


def _mark(checked: Checked) -> str:
    said = {Checked.PRIMARY: "", Checked.SECONDARY: "second hand", Checked.UNCHECKED: "unchecked"}[checked]
    return f" ({said})" if said else ""


def _item(head: str | Text, *lines: str) -> RenderableType:
    """A bold line, and what belongs to it indented under it; empty lines are left out."""
    told = "\n".join(line for line in lines if line)
    return Group(Text(head, style="bold") if isinstance(head, str) else head, Padding(Text(told), (0, 0, 0, 3)))
