"""A review for the eye in a terminal: everything needed now on one screen, or all of it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unwound import record
from unwound.catalogue import knowledge_line
from unwound.cautions import Finding
from unwound.pathway import Review
from unwound.report import marks, terminal_in_full, words
from unwound.report import summary as summary_of
from unwound.report.lines import COLOURS, LEVELS, bulleted, bullets, cited, closing, sources, titled
from unwound.report.summary import NextStep, Summary, summary
from unwound.therapies import Entry

LINES = 45
"""Lines of one screen; stops, and red flags that nobody asked about, are shown whole even where they need more."""
BREVITIES = range(4)
"""How much is left out to make it fit: nothing; what groups of questions read out, and cautions after the first; then
trials beyond the tenth and sources; then what to weigh, what to do about cautions, and trials beyond the sixth."""


def show(
    review: Review,
    console: Console,
    *,
    story: str = "",
    notes: tuple[str, ...] = (),
    notes_in_short: str = "",
    full: bool = False,
    with_sources: bool = False,
) -> None:
    """Print the review on one screen, or in full; `with_sources` lists the numbered sources of the screen below it.

    `story` is the story of the case, `notes` what of the record could not be read or was not used, a line each.
    """
    references = marks.References()
    if not full and not review.red_flags:
        _one_screen(review, console, references, notes_in_short or _counted(notes))
        if with_sources:
            console.print(Text("Sources", style="bold underline"), sources(references), sep="\n")
        return
    console.print()
    console.rule(_who(review))
    if story:
        console.print(Text(" ".join(story.split()), style="italic dim"))
    if review.other_pains:
        console.print(Text(words.pain_in_view(review), style="bold"))
    if missing := summary_of.missing(review):
        console.print(_part_missing(missing))
    if review.red_flags:
        _emergency(review, console)
    else:
        terminal_in_full.show(review, console, references, notes)


def _who(review: Review) -> Text:
    return Text(f"{words.who(review.patient)} · as of {record.day(review.patient.as_of)}")


def _emergency(review: Review, console: Console) -> None:
    """After an emergency nothing distracts: what else forbids ketamine, what to tell the patient, where the rest is."""
    for finding in review.red_flags:
        text = Text.assemble((f"{finding.title}. ", "bold"), f"{'; '.join(finding.because)}. {finding.action}")
        console.print(Panel(text, title=words.HEADINGS["urgent"].upper(), border_style="red"))
    console.print(_verdict(review, "What is urgent comes first"))
    others = [f"{finding.title}: {'; '.join(finding.because)}. {finding.action}" for finding in review.other_stops]
    sections = ((words.HEADINGS["also"], others), (words.HEADINGS["tell"], review.candidacy.plain_words))
    titled(console, ((title, bullets(lines)) for title, lines in sections if lines))
    if review.depression is not None and review.depression.suicidal:
        console.print(Text(review.depression.suicide[0].text, style="bold"))
    console.print()
    console.print(Text(f"{words.AFTERWARDS}: it is in --html and --json.", style="dim"))
    closing(console)


def _counted(notes: tuple[str, ...]) -> str:
    return f"{len(notes)} {'line says' if len(notes) == 1 else 'lines say'} what was not used" if notes else ""


def _one_screen(review: Review, console: Console, references: marks.References, notes: str) -> None:
    """The screen, with as much left out as it takes to fit."""
    content = summary(review)
    for brevity in BREVITIES:
        references.ids.clear()
        screen = Group(*_parts(review, content, references, notes, brevity))
        if len(console.render_lines(screen, console.options)) <= LINES:
            break
    console.print(screen)


def _in_brief(pair: Finding, brevity: int) -> str:
    """What to do about it: all of it, its first sentence, or nothing; what is acted on today is never left out."""
    if brevity < 2:
        return f" {pair.action}"
    return f" {pair.action.split('. ')[0].rstrip('.')}." if brevity == 2 or pair.same_day else ""


def _parts(
    review: Review, content: Summary, references: marks.References, notes: str, brevity: int
) -> Iterator[RenderableType]:
    # One part after the other, each left out where the review has nothing for it: the order is the screen's.
    yield Text(f"{words.who(review.patient)} · as of {record.day(review.patient.as_of)}", style="bold reverse")
    if review.other_pains:
        yield Text(words.pain_in_view(review))
    if content.missing:
        yield _part_missing(content.missing)
    yield _verdict(review, content.reason)
    if review.depression is not None:
        second = review.depression
        yield _labelled("Depression", f"{words.DEPRESSION_VERDICTS[second.verdict]}: {'; '.join(second.because[:1])}")
    yield _labelled("Condition", content.condition)
    yield _tried(content.trials, content.left_out, (len(content.trials), len(content.trials), 10, 6)[brevity])
    if content.steps:
        yield _heading(words.HEADINGS["next"], f"{content.more_steps} more in --full" if content.more_steps > 0 else "")
        yield bulleted(_step(step, references, brevity) for step in content.steps)
    else:
        yield _labelled(words.HEADINGS["next"], words.NOTHING_TO_START)
    for stop in content.stops:
        head = Text.assemble(("STOP ", LEVELS[stop.level]), (stop.title, "bold"))
        mark = cited(references, stop.sources if brevity < 2 else (), stop.checked)
        yield Text.assemble(head, f": {'; '.join(stop.because)}. {stop.action}{mark}")
    for pair in content.together:
        head = Text.assemble(("CAUTION ", LEVELS[pair.level]), (pair.title, "bold"))
        mark = cited(references, pair.sources if brevity < 2 else (), pair.checked)
        yield Text.assemble(head, f": {'; '.join(pair.because)}.{_in_brief(pair, brevity)}{mark}")
    if content.before and brevity < 3:
        yield _labelled(words.HEADINGS["before"], "; ".join(content.before))
    if content.questions:
        more = f"{content.more_questions} more in --full" if content.more_questions else ""
        yield _heading("Ask first", more)
        yield bullets(content.questions if brevity == 0 else content.questions_in_short)
    if content.evidence:
        mark = cited(references, content.evidence_sources, content.evidence_checked)
        yield _labelled("Evidence", f"{content.evidence}{mark}")
    for view in content.against:
        where = f", {view.jurisdiction}" if view.jurisdiction else ""
        text = view.text if brevity == 0 else view.text.split(". ")[0].rstrip(".")
        yield _labelled(f"Against it ({view.year}{where})", f"{text}{cited(references, [view.source], view.checked)}")
    if notes:
        yield Text(f"Of the record: {notes}. See --full")
    yield Text(_LAST, style="dim")
    if review.own_fingerprint:
        yield Text(knowledge_line(), style="dim")


_LAST = "Advice, never an order. More: --full. †second hand §other use ‡unchecked"


def _verdict(review: Review, reason: str) -> RenderableType:
    decision = review.candidacy
    colour = COLOURS[decision.verdict]
    title = Text(words.verdict(decision).upper(), style=f"bold {colour}")
    unasked = words.unasked(decision)
    text = Text.assemble(f"{reason}.", (f" {unasked}." if unasked else "", "bold red"))
    return Panel(text, title=title, title_align="left", border_style=colour)


def _part_missing(missing: str) -> Text:
    return Text(f"{words.PART_MISSING}: {missing}", style="bold red")


def _tried(trials: tuple[Entry, ...], left_out: str, most: int) -> RenderableType:
    """The trials as a table; those left out are counted."""
    if not trials:
        return _labelled(words.HEADINGS["tried"], left_out or "no treatment for pain is recorded")
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    table.add_column(words.HEADINGS["tried"], max_width=26, overflow="fold")
    for title in ("top dose", "days", "relief", "counts as"):
        table.add_column(title, overflow="fold")
    for entry in trials[:most]:
        table.add_row(entry.title, *(cell or "–" for cell in (entry.dose, entry.days, entry.relief)), _counts_as(entry))
    if len(trials) > most:
        table.add_row(f"and {len(trials) - most} more in --full")
    return Group(table, Text(left_out)) if left_out else table


def _counts_as(entry: Entry) -> str:
    """The verdict in the few words of a column; what is to be confirmed is the first question about treatments."""
    return "failed, if confirmed" if entry.counts_if else entry.says


def _step(step: NextStep, references: marks.References, brevity: int) -> Text:
    mark = cited(references, step.sources if brevity < 2 else (), step.checked)
    against = step.cautions if brevity == 0 else step.cautions[:1]
    more = f" and {len(step.cautions) - len(against)} more" if len(step.cautions) > len(against) else ""
    cautions = f"; caution: {'; '.join(against)}{more}" if against else ""
    ask = f" ({step.to_ask} to ask first)" if step.to_ask else ""
    return Text.assemble((step.title, "bold"), f": {step.how}{cautions}{ask}{mark}")


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", "bold"), text)


def _heading(title: str, more: str) -> Text:
    return Text.assemble((title, "bold"), f" ({more})" if more else "")
