"""Everything of a review in a terminal, in the order of the first screen."""

from __future__ import annotations

from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from unwound import questions
from unwound.candidacy import Verdict
from unwound.depression import Depression
from unwound.pathway import Review
from unwound.report import marks, words
from unwound.report.lines import COLOURS, LEVELS, bullets, cited, closing, item, refs, sources, titled
from unwound.therapies.knowledge import Line
from unwound.therapies.refractory import Counts


def show(review: Review, console: Console, references: marks.References, notes: tuple[str, ...]) -> None:
    """Print all parts of a review that is no emergency."""
    console.print(_decision(review, references))
    if review.depression is not None:
        console.print(_depression(review.depression, references))
    titled(
        console,
        (
            (words.HEADINGS["kind"], _grades(review, references)),
            (words.HEADINGS["tried"], _ledger(review, references)),
            (words.HEADINGS["next"], _steps(review, references)),
            (words.HEADINGS["safety"], _findings(review, references)),
            (words.HEADINGS["mood"], _mood(review)),
            (words.missing(len(review.to_ask)), bullets(words.inquiry(asked) for asked in review.to_ask)),
            (words.HEADINGS["views"], _views(review, references)),
            (f"{words.HEADINGS['change']} (each verified by deciding again)", _changes(review)),
            (words.NOT_USED, bullets(notes) if notes else None),
            ("In plain words, for the patient", bullets(_plain_words(review))),
            (f"Sources ({marks.LEGEND})", sources(references)),
        ),
    )
    console.print()
    closing(console)


def _decision(review: Review, references: marks.References) -> RenderableType:
    decision = review.candidacy
    lines = [Text(f"{words.evidence_line(decision)}."), *(Text(f"• {reason}") for reason in decision.because)]
    if decision.condition:
        text = decision.condition.ketamine.text
        lines.insert(1, Text(f"{text.text}{cited(references, [text.source], text.checked)}", style="dim"))
    if unasked := words.unasked(decision):
        lines.append(Text(unasked, style="bold red"))
    if decision.before and decision.verdict in (Verdict.CANDIDATE, Verdict.CANNOT_TELL):
        lines.append(Text(f"{words.HEADINGS['before']}: {'; '.join(decision.before)}", style="bold"))
    colour = COLOURS[decision.verdict]
    title = Text(words.verdict(decision).upper(), style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _depression(decision: Depression, references: marks.References) -> RenderableType:
    """The second indication in a few lines: verdict, reasons, what comes first, what ketamine is not shown to do."""
    lines = [
        Text(f"{words.depression_evidence_line(decision)}."),
        *(Text(f"• {reason}") for reason in decision.because),
    ]
    texts = (*decision.options, *decision.suicide[:1], *decision.together)
    if decision.verdict == Verdict.CANDIDATE:
        texts = (*texts, *decision.esketamine)
    lines += [Text(f"{text.text}{cited(references, [text.source], text.checked)}", style="dim") for text in texts]
    colour = COLOURS[decision.verdict]
    title = Text(f"DEPRESSION: {words.DEPRESSION_VERDICTS[decision.verdict].upper()}", style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _steps(review: Review, references: marks.References) -> RenderableType:
    """First and second line in full; what comes later, and what is not suitable, in a line each."""
    parts: list[RenderableType] = []
    numbers = words.numbers_once(step for step in review.next_steps if step.line in (Line.FIRST, Line.SECOND))
    for line, steps in groupby(review.next_steps, key=lambda step: step.line):
        parts.append(Text(words.LINES[line], style="dim"))
        for step in steps:
            head = f"{step.title}{cited(references, step.sources, marks.of_step(step))}"
            why = words.without_grounds(step.why) if review.ledger.of(step.therapy) else step.why
            against = "; ".join(reason.text for reason in step.against)
            if line in (Line.FIRST, Line.SECOND):
                cautions = against and f"cautions: {against}"
                parts.append(item(head, why, step.schedule, numbers[step.therapy], cautions, _to_ask(len(step.ask))))
            else:
                parts.append(item(head, why))
    return Group(*parts)


def _to_ask(count: int) -> str:
    return f"{count} {'question' if count == 1 else 'questions'} to ask first" if count else ""


def _grades(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for grade in review.grades:
        head = f"{grade.title}: {grade.level.replace('-', ' ')} {refs(references, grade.sources)}"
        raises = " ".join(questions.in_words(id) for id in grade.ask[:4])
        parts.append(item(head, "; ".join(grade.because), raises and f"would settle or raise the grade: {raises}"))
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
        mark = cited(references, entry.sources, marks.of_entry(entry))
        parts.append(item(f"{entry.title}: {entry.says}{mark}", "; ".join(entry.because)))
    local, delphi = review.ledger.refractory_local, review.ledger.refractory_delphi
    line = (
        f"refractory by the local rule: {words.three(local.holds)}{_if_open(review.ledger.local_counts)}"
        f" · by Delphi 2012: {words.three(delphi.holds)}{_if_open(review.ledger.delphi_counts)}"
    )
    left_out = words.left_out(review.ledger.left_out)
    nothing = [Text(left_out)] if left_out else [] if parts else [Text("no treatment for pain is recorded")]
    return Group(*parts, *nothing, Text(f"{line} {refs(references, review.ledger.sources)}"))


def _if_open(counts: Counts) -> str:
    """What is certain and what is possible, where they differ."""
    return f" ({counts})" if counts.certain != counts.possible else ""


def _findings(review: Review, references: marks.References) -> RenderableType:
    parts: list[RenderableType] = []
    for finding in review.findings:
        if finding.holds:
            mark = cited(references, finding.sources, finding.checked)
            level, title = (f"{finding.level:4} ", LEVELS[finding.level]), (finding.title, "bold")
            limit = finding.boundary and f"limit: {finding.boundary}"
            head = Text.assemble(level, title, (mark, "dim"))
            parts.append(item(head, "; ".join(finding.because), limit, finding.action))
    unknown = sum(not finding.holds for finding in review.findings)
    still = f"{unknown} more {'is' if unknown == 1 else 'are'} not known yet: see the missing information"
    rest = Text(still if unknown else "no safety question is open", style="dim")
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
            item(
                f"{view.year}{view.jurisdiction and f', {view.jurisdiction}'}: {words.DIRECTIONS[view.direction]}"
                f"{cited(references, [view.source], view.checked)}",
                view.text,
            )
            for view in review.candidacy.condition.ketamine.views
        )
    )


def _changes(review: Review) -> RenderableType:
    lines: list[str] = []
    refusing: list[str] = []
    for change in review.would_change:
        facts = "; ".join(flip.then for flip in change.flips)
        if len(change.flips) > 1 or change.verdict != Verdict.NOT_A_CANDIDATE:
            lines.append(f"{words.VERDICTS[change.verdict]}, if: {facts}")
        else:
            refusing.append(facts)
    if refusing:
        lines.append(f"{words.VERDICTS[Verdict.NOT_A_CANDIDATE]}, by any of these alone: {'; '.join(refusing)}")
    return bullets(lines or ["no single known or missing fact would change it"])


def _plain_words(review: Review) -> tuple[str, ...]:
    second = review.depression.plain_words if review.depression else ()
    return (*review.candidacy.plain_words, *second)
