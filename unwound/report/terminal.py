"""A review for the eye in a terminal: the decision first, then what it rests on, then what is missing."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unwound import asks
from unwound.pathway import Review
from unwound.report import marks, words

COLOURS = {"candidate": "green", "first-line-first": "blue", "not-a-candidate": "red", "cannot-tell": "yellow"}
LEVELS = {"stop": "bold red", "ask": "yellow", "note": "blue"}
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
    colour = COLOURS[decision.verdict]
    title = Text(words.VERDICTS[decision.verdict].upper(), style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _steps(review: Review, references: marks.References) -> RenderableType:
    table = _table("Line", "Treatment", "How", "Benefit and harm", "Against")
    line = ""
    for step in review.next_steps:
        shown = "" if step.line == line else words.LINES[step.line]
        line = step.line
        against = "; ".join(one.text for one in step.against) or (f"{len(step.ask)} to ask" if step.ask else "")
        how = f"{step.why}. {step.schedule}" if step.schedule else step.why
        name = f"{step.title} {_refs(references, step.sources)}{_mark(marks.of_step(step))}"
        table.add_row(shown, name, how, step.nnt, against)
    return table


def _grades(review: Review, references: marks.References) -> RenderableType:
    table = _table("Condition", "Level", "Rests on", "Would settle or raise it")
    for one in review.grades:
        raises = "\n".join(asks.question(id) for id in one.ask[:4])
        name = f"{one.title} {_refs(references, one.sources)}"
        table.add_row(name, one.level.replace("-", " "), "; ".join(one.because), raises)
    flags = review.flags
    kinds = (("neuropathic", flags.neuropathic), ("nociceptive", flags.nociceptive), ("nociplastic", flags.nociplastic),
             ("CRPS", flags.crps), ("fibromyalgia", flags.fibromyalgia))  # fmt: skip
    said = " · ".join(f"{name}: {words.three(judgement.holds)}" for name, judgement in kinds)
    return Group(table, Text(said, style="dim"))


def _ledger(review: Review, references: marks.References) -> RenderableType:
    table = _table("Treatment", "Verdict", "Because")
    for one in review.ledger.entries:
        name = f"{one.title} {_refs(references, one.sources)}{_mark(marks.of_entry(one))}"
        table.add_row(name, words.TRIALS[one.verdict], "; ".join(one.because))
    local, delphi = review.ledger.refractory_local, review.ledger.refractory_delphi
    said = f"refractory by the local rule: {words.three(local.holds)} · by Delphi 2012: {words.three(delphi.holds)}"
    said = f"{said} {_refs(references, review.ledger.sources)}"
    return Group(table if review.ledger.entries else Text("no treatment for pain is recorded"), Text(said, style="dim"))


def _findings(review: Review, references: marks.References) -> RenderableType:
    table = _table("Level", "What", "Because", "What to do")
    for one in review.findings:
        if one.holds:
            name = f"{one.title} {_refs(references, one.sources)}{_mark(one.checked)}"
            because = "; ".join(one.because) + (f"\nboundary: {one.boundary}" if one.boundary else "")
            table.add_row(Text(one.level, style=LEVELS[one.level]), name, because, one.action)
    open = "; ".join(one.title for one in review.findings if not one.holds)
    asked = Text(f"still to be asked: {open}" if open else "nothing left to ask", style="dim")
    return Group(table if table.row_count else Text("nothing that is known speaks against it"), asked)


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
    table = _table("Year", "Where", "Direction", "What it says")
    for view in review.candidacy.condition.ketamine.views:
        said = f"{view.text} {_refs(references, [view.source])}{_mark(view.checked)}"
        table.add_row(str(view.year), view.jurisdiction or "–", words.DIRECTIONS[view.direction], said)
    return table


def _asks(review: Review) -> RenderableType:
    shown = _bullets(one.question for one in review.asks[:SHOWN])
    more = len(review.asks) - SHOWN
    return Group(shown, Text(f"... and {more} more, in --html and --json", style="dim")) if more > 0 else shown


def _changes(review: Review) -> RenderableType:
    lines: list[str] = []
    for change in review.would_change:
        if len(change.flips) > 1 or change.verdict != "not-a-candidate":
            facts = "; ".join(flip.then for flip in change.flips)
            lines.append(f"{words.VERDICTS[change.verdict]}, if: {facts}")
    refusing = sum(change.verdict == "not-a-candidate" for change in review.would_change)
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


def _mark(checked: str) -> str:
    said = {"primary": "", "secondary": "second hand", "unchecked": "unchecked"}[checked]
    return f" ({said})" if said else ""


def _table(*columns: str) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="bold dim", expand=True)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
