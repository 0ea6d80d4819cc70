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
from unwound.depression import Depression
from unwound.pathway import Review
from unwound.report import marks, words
from unwound.therapies.knowledge import Line
from unwound.therapies.refractory import Counts

COLOURS = {
    Verdict.CANDIDATE: "green",
    Verdict.CONTROLLED: "blue",
    Verdict.NOT_REFRACTORY: "blue",
    Verdict.FIRST_LINE_FIRST: "blue",
    Verdict.NOT_A_CANDIDATE: "red",
    Verdict.CANNOT_TELL: "yellow",
}
LEVELS = {CautionLevel.STOP: "bold red", CautionLevel.ASK: "yellow", CautionLevel.NOTE: "blue"}
SHOWN = 12
"""Questions shown in full; the rest are counted, and are listed in the page and the JSON."""


def show(review: Review, console: Console, *, story: str = "", notes: tuple[str, ...] = ()) -> None:
    """Print the review; `story` is the story of the case, `notes` the parts of the record that could not be read."""
    references = marks.References()
    console.print()
    console.rule(Text(f"{words.who(review.patient)} · as of {review.patient.as_of}"))
    if story:
        console.print(Text(" ".join(story.split()), style="italic dim"))
    if review.other_pains:
        console.print(Text(words.pain_in_view(review), style="bold"))
    for finding in review.red_flags:
        text = Text.assemble((f"{finding.title}. ", "bold"), f"{'; '.join(finding.because)}. {finding.action}")
        console.print(Panel(text, title=words.HEADINGS["urgent"].upper(), border_style="red"))
    console.print(_decision(review, references))
    if review.red_flags:
        _only_the_action(review, console)
        return
    if review.depression is not None:
        console.print(_depression(review.depression, references))
    for title, part in (
        (words.HEADINGS["next"], _steps(review, references)),
        (words.HEADINGS["kind"], _grades(review, references)),
        (words.HEADINGS["tried"], _ledger(review, references)),
        (words.HEADINGS["safety"], _findings(review, references)),
        (words.HEADINGS["mood"], _mood(review)),
        (words.HEADINGS["views"], _views(review, references)),
        (
            f"Missing information: {len(review.to_ask)} {'question' if len(review.to_ask) == 1 else 'questions'}",
            _asks(review),
        ),
        (f"{words.HEADINGS['change']} (each verified by deciding again)", _changes(review)),
        ("Parts of the record that could not be read", _bullets(notes) if notes else None),
        ("In plain words, for the patient", _bullets(_plain_words(review))),
        ("Sources", _sources(references)),
    ):
        if part is not None:
            console.print()
            console.print(Text(title, style="bold underline"))
            console.print(part)
    console.print()
    console.print(Text(words.ADVICE, style="dim"))


def _only_the_action(review: Review, console: Console) -> None:
    """After an emergency nothing distracts: what else forbids ketamine, what to tell the patient, where the rest is."""
    others = [f"{finding.title}: {'; '.join(finding.because)}. {finding.action}" for finding in review.other_stops]
    for title, lines in ((words.HEADINGS["also"], others), (words.HEADINGS["tell"], review.candidacy.plain_words)):
        if lines:
            console.print()
            console.print(Text(title, style="bold underline"))
            console.print(_bullets(lines))
    if review.depression is not None and review.depression.suicidal:
        console.print(Text(review.depression.suicide[0].text, style="bold"))
    console.print()
    console.print(Text(f"{words.AFTERWARDS}: it is in --html and --json.", style="dim"))
    console.print(Text(words.ADVICE, style="dim"))


def _decision(review: Review, references: marks.References) -> RenderableType:
    decision = review.candidacy
    lines = [Text(f"{words.evidence_line(decision)}."), *(Text(f"• {reason}") for reason in decision.because)]
    if decision.condition:
        text = decision.condition.ketamine.text
        lines.insert(1, Text(f"{text.text} {_refs(references, [text.source])}{_mark(text.checked)}", style="dim"))
    if decision.not_asked:
        lines.append(Text(f"{words.NOT_ASKED}: {'; '.join(decision.not_asked)}", style="bold red"))
    if decision.before and decision.verdict in (Verdict.CANDIDATE, Verdict.CANNOT_TELL):
        lines.append(Text(f"{words.HEADINGS['before']}: {'; '.join(decision.before)}", style="bold"))
    colour = COLOURS[decision.verdict]
    title = Text(words.VERDICTS[decision.verdict].upper(), style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _depression(decision: Depression, references: marks.References) -> RenderableType:
    """The second indication in a few lines: verdict, reasons, what comes first, what ketamine is not shown to do."""
    lines = [Text(f"{words.depression_evidence_line(decision)}."), *(Text(f"• {one}") for one in decision.because)]
    cited = (*decision.options, *decision.suicide[:1], *decision.together)
    if decision.verdict == Verdict.CANDIDATE:
        cited = (*cited, *decision.esketamine)
    lines += [Text(f"{one.text} {_refs(references, [one.source])}{_mark(one.checked)}", style="dim") for one in cited]
    colour = COLOURS[decision.verdict]
    title = Text(f"DEPRESSION: {words.DEPRESSION_VERDICTS[decision.verdict].upper()}", style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _steps(review: Review, references: marks.References) -> RenderableType:
    """First and second line in full; what comes later, and what is not suitable, in a line each."""
    parts: list[RenderableType] = []
    for line, steps in groupby(review.next_steps, key=lambda step: step.line):
        parts.append(Text(words.LINES[line], style="dim"))
        for step in steps:
            head = f"{step.title} {_refs(references, step.sources)}{_mark(marks.of_step(step))}"
            against = "; ".join(reason.text for reason in step.against)
            if line in (Line.FIRST, Line.SECOND):
                cautions = against and f"cautions: {against}"
                parts.append(_item(head, step.why, step.schedule, step.nnt, cautions, _to_ask(len(step.ask))))
            else:
                parts.append(_item(head, step.why))
    return Group(*parts)


def _to_ask(count: int) -> str:
    return f"{count} {'question' if count == 1 else 'questions'} to ask first" if count else ""


def _grades(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for grade in review.grades:
        head = f"{grade.title}: {grade.level.replace('-', ' ')} {_refs(references, grade.sources)}"
        raises = " ".join(questions.in_words(id) for id in grade.ask[:4])
        parts.append(_item(head, "; ".join(grade.because), raises and f"would settle or raise the grade: {raises}"))
    flags = review.flags
    kinds = {
        "neuropathic": flags.neuropathic,
        "nociceptive": flags.nociceptive,
        "nociplastic": flags.nociplastic,
        "CRPS": flags.crps,
        "fibromyalgia": flags.fibromyalgia,
    }
    line = " · ".join(f"{name}: {words.three(judgement.holds)}" for name, judgement in kinds.items())
    return Group(*parts, Text(line))


def _ledger(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for entry in review.ledger.entries:
        mark = f"{_refs(references, entry.sources)}{_mark(marks.of_entry(entry))}"
        parts.append(_item(f"{entry.title}: {entry.says} {mark}", "; ".join(entry.because)))
    local, delphi = review.ledger.refractory_local, review.ledger.refractory_delphi
    line = (
        f"refractory by the local rule: {words.three(local.holds)}{_if_open(review.ledger.local_counts)}"
        f" · by Delphi 2012: {words.three(delphi.holds)}{_if_open(review.ledger.delphi_counts)}"
    )
    nothing = [] if parts else [Text("no treatment for pain is recorded")]
    return Group(*parts, *nothing, Text(f"{line} {_refs(references, review.ledger.sources)}"))


def _if_open(counts: Counts) -> str:
    """What is certain and what is possible, where they differ."""
    return f" ({counts})" if counts.certain != counts.possible else ""


def _findings(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for finding in review.findings:
        if finding.holds:
            mark = f"{_refs(references, finding.sources)}{_mark(finding.checked)}"
            level, title = (f"{finding.level:4} ", LEVELS[finding.level]), (f"{finding.title} ", "bold")
            limit = finding.boundary and f"limit: {finding.boundary}"
            head = Text.assemble(level, title, (mark, "dim"))
            parts.append(_item(head, "; ".join(finding.because), limit, finding.action))
    unknown = "; ".join(finding.title for finding in review.findings if not finding.holds)
    rest = Text(f"not yet known: {unknown}" if unknown else "no safety question is open", style="dim")
    return Group(*(parts or [Text("no safety concern in what is known")]), rest)


def _mood(review: Review) -> RenderableType:
    mood = review.mood
    line = (
        f"severity: {mood.severity or 'not known'} · depression now: {words.three(mood.depression.holds)}"
        f" · treatment-resistant: {words.three(mood.treatment_resistant.holds)}"
    )
    return Group(Text(line), *(Text(f"• {reason}", style="dim") for reason in mood.because))


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
    shown = _bullets(words.inquiry(asked) for asked in review.to_ask[:SHOWN])
    more = len(review.to_ask) - SHOWN
    return Group(shown, Text(f"... and {more} more, in --html and --json", style="dim")) if more > 0 else shown


def _changes(review: Review) -> RenderableType:
    lines: list[str] = []
    for change in review.would_change:
        if len(change.flips) > 1 or change.verdict != Verdict.NOT_A_CANDIDATE:
            facts = "; ".join(flip.then for flip in change.flips)
            lines.append(f"{words.VERDICTS[change.verdict]}, if: {facts}")
    refusing = sum(change.verdict == Verdict.NOT_A_CANDIDATE for change in review.would_change)
    if refusing:
        lines.append(f"{refusing} {_facts_rule_out(refusing)} ketamine out (listed in --html and --json)")
    return _bullets(lines or ["no single known or missing fact would change it"])


def _facts_rule_out(count: int) -> str:
    return "single fact would rule" if count == 1 else "single facts would each rule"


def _plain_words(review: Review) -> tuple[str, ...]:
    second = review.depression.plain_words if review.depression else ()
    return (*review.candidacy.plain_words, *second)


def _sources(references: marks.References) -> RenderableType:
    listed = references.listed()
    return Group(*(Text(f"{n}. {line}{_mark(checked)}", style="dim") for n, (_, line, checked) in enumerate(listed, 1)))


def _bullets(lines: Iterable[str]) -> RenderableType:
    return Group(*(Text(f"• {line}") for line in lines))


def _refs(references: marks.References, ids: Iterable[str]) -> str:
    numbers = references.numbers(tuple(ids))
    return f"[{','.join(str(number) for number in numbers)}]" if numbers else ""


def _mark(checked: Checked) -> str:
    return f" ({marks.SAYS[checked]})" if marks.SAYS[checked] else ""


def _item(head: str | Text, *lines: str) -> RenderableType:
    """A bold line with its details indented below; empty lines are left out."""
    text = "\n".join(line for line in lines if line)
    return Group(Text(head, style="bold") if isinstance(head, str) else head, Padding(Text(text), (0, 0, 0, 3)))
