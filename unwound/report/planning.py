"""A plan, and protocols compared, for the eye in a terminal: the pump first, then all that must be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unwound import evidence, questions
from unwound.catalogue import Checked, CitedText
from unwound.cautions import CautionLevel
from unwound.protocols import Band, Comparison, Plan, protocol, protocols
from unwound.protocols.knowledge import DRUGS, DoseKind
from unwound.protocols.planner import PlanVerdict, Rate
from unwound.protocols.reasons import Reason
from unwound.report import marks, words

SHOWN = 6
"""Questions shown in full; the rest are counted, and stand in the JSON."""
VERDICTS = {
    PlanVerdict.PLANNED: ("PLAN", "green"),
    PlanVerdict.REFUSED: ("NO PLAN", "red"),
    PlanVerdict.CANNOT_TELL: ("NO PLAN YET", "yellow"),
}
STRENGTHS = {
    "randomised": "from a randomised trial",
    "uncontrolled": "from reports without a control group",
    "consensus": "from a consensus",
    "practice": "from one group's practice",
}


def show_plan(plan: Plan, console: Console, *, who: str = "") -> None:
    """Print the plan, or why there is none; `who` is the patient in a line."""
    # A plan that is refused, or cannot be told yet, has no doses: the parts about them are left out.
    known = protocol(plan.protocol)
    console.print()
    console.rule(Text(f"{plan.title} · {who}" if who else plan.title))
    console.print(_head(plan))
    for title, part in (
        ("On the pump", _pump(plan) if plan.rates else None),
        ("Raising it", _lines([known.titration, known.calendar]) if plan.rates else None),
        ("To settle before the first dose", _reasons(plan, CautionLevel.ASK) if not plan.refusals else None),
        ("To bear in mind", _reasons(plan, CautionLevel.NOTE)),
        ("Limits at this weight", _limits(plan)),
        ("Watching", _watching(plan) if plan.checks else None),
        ("When to stop", _stops(plan) if plan.rates else None),
        ("Liver tests", _liver(plan)),
        ("Given beside it there; not part of this plan", _lines(one.text for one in plan.co_medication)),
        ("Where, who, before and after", _around(plan) if plan.rates else None),
        ("What it rests on", _lines([known.summary, *known.evidence])),
        (f"Not known yet: {len(plan.ask)} questions", _asks(plan.ask) if not plan.refusals else None),
        ("Sources", _sources(plan.sources if plan.rates else evidence.cite(known))),
    ):
        if part is not None:
            console.print()
            console.print(Text(title, style="bold underline"))
            console.print(part)
    console.print()
    console.print(Text(words.ADVICE, style="dim"))


def show_protocols(console: Console) -> None:
    """Print every protocol in a line or two, with the id to ask for it by."""
    for id, one in protocols().items():
        console.print(Text(id, style="bold") + Text(f"  {one.title}; {DRUGS[one.drug]}, {STRENGTHS[one.strength]}"))
        console.print(Padding(_line(one.summary), (0, 0, 0, 2)))
    console.print(Text("One for a patient: unwound plan PROTOCOL FILE, or with --weight-kg", style="dim"))


def show_comparison(found: Comparison, console: Console, *, who: str = "") -> None:
    """Print what each protocol gives and costs, and what must be said of it."""
    console.print()
    console.rule(Text(f"Protocols compared at {found.weight_kg:g} kg" + (f" · {who}" if who else "")))
    if found.compared:
        console.print(_gives(found))
        console.print()
        console.print(_costs(found))
        console.print()
        console.print(_bullets(found.says))
    for id, refused in found.refused.items():
        console.print(Text(f"Not compared: {protocol(id).title}: {_titles(refused)}", style="red"))
    if found.compared:
        console.print()
        console.print(Text("Sources", style="bold underline"))
        console.print(_sources(found.sources))
    console.print()
    console.print(Text(words.ADVICE, style="dim"))


def _head(plan: Plan) -> RenderableType:
    said, colour = VERDICTS[plan.verdict]
    lines = [f"{DRUGS[plan.drug].capitalize()}, {STRENGTHS[protocol(plan.protocol).strength]}"]
    if plan.verdict == PlanVerdict.PLANNED:
        days = len(plan.days)
        lines += [
            f"{plan.total_mg:,.4g} mg in all: {_ml(plan.total_ml)} mL of {plan.concentration_mg_per_ml:g} mg/mL",
            f"{_hours(plan.hours)} of infusion on {days} {'day' if days == 1 else 'days'}, for {plan.weight_kg:g} kg",
        ]
    lines += [f"• {one.title}: {'; '.join(one.because)}. {one.action}" for one in plan.refusals]
    if plan.verdict == PlanVerdict.CANNOT_TELL:
        lines.append("• The weight is not known: no dose can be reckoned without it.")
    lines.append(_marked("How well its numbers were checked", plan.checked))
    text = Group(*(Text(line) for line in lines if line))
    return Panel(text, title=Text(said, style=f"bold {colour}"), title_align="left", border_style=colour)


def _marked(what: str, checked: Checked) -> str:
    """A word of warning where not everything was read at its source."""
    said = {
        Checked.PRIMARY: "",
        Checked.SECONDARY: "some only second hand",
        Checked.UNCHECKED: "some not at all: verify before use",
    }
    return f"{what}: {said[checked]}" if said[checked] else ""


def _pump(plan: Plan) -> Table:
    table = Table("When", "mg/h", "mL/h", "mg", "mL", "", show_edge=False, pad_edge=False)
    for column in table.columns[1:5]:
        column.justify = "right"
    for when, one in pump_rows(plan.rates):
        held = "held down" if one.held else ""
        table.add_row(when, f"{one.mg_per_h:.4g}", _ml(one.ml_per_h), f"{one.mg:.4g}", _ml(one.ml), held)
    return table


def pump_rows(rates: Sequence[Rate]) -> Iterator[tuple[str, Rate]]:
    """When, and one rate: days on which the same runs share a row; an infusion over days is told by its hours."""
    daily = all(one.start_h % 24 == 0 and one.end_h - one.start_h < 24 for one in rates)
    if not daily:
        yield from ((f"hours {one.start_h:g} to {one.end_h:g}", one) for one in rates)
        return
    same: dict[tuple[float, float], list[Rate]] = {}
    for one in rates:
        same.setdefault((round(one.mg_per_h, 9), round(one.end_h - one.start_h, 9)), []).append(one)
    for (_, hours), those in same.items():
        days = [round(one.start_h / 24) + 1 for one in those]
        yield f"{_days(days)}, {_hours(hours)} each" if len(days) > 1 else f"{_days(days)}, {_hours(hours)}", those[0]


def _days(days: Sequence[int]) -> str:
    """«days 3 to 5, 8 to 12»."""
    spans: list[list[int]] = []
    for day in days:
        if spans and day == spans[-1][-1] + 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    said = ", ".join(f"{one[0]} to {one[-1]}" if len(one) > 1 else str(one[0]) for one in spans)
    return f"{'days' if len(days) > 1 else 'day'} {said}"


def _hours(hours: float) -> str:
    return f"{hours * 60:.3g} min" if hours < 1 else f"{hours:g} h"


def _ml(volume: float) -> str:
    """As fine as a pump takes it."""
    return f"{volume:,.2f}" if volume < 10 else f"{volume:,.1f}"


def _reasons(plan: Plan, level: CautionLevel) -> RenderableType | None:
    """Asks and notes that hold by facts; what is merely unknown is among the questions."""
    told = [one for one in plan.reasons if one.level == level and one.holds]
    return Group(*(_reason(one) for one in told)) if told else None


def _reason(one: Reason) -> RenderableType:
    because = f"{'; '.join(one.because)}. " if one.because else ""
    decided = "a named clinician decided otherwise. " if one.overridden else ""
    return _item(Text(f"{one.title}: {decided}{because}{one.action}"))


def _limits(plan: Plan) -> RenderableType | None:
    if not plan.ceilings:
        return None
    table = Table("Limit", "Here", "Planned", "", "Source", show_edge=False, pad_edge=False)
    for one in plan.ceilings:
        unit = "mg/h" if one.of == DoseKind.RATE else "mg"
        planned = f"{one.planned:.4g} {unit}" if one.planned else "none"
        said = ("held below it" if one.binds else "below it") if one.within else "above it"
        said = said if one.planned else ""
        source = f"{one.limit.source}{_mark(one.limit.checked)}"
        table.add_row(f"{one.of} of {one.limit}", f"{one.most:.4g} {unit}", planned, said, source)
    return table


def _watching(plan: Plan) -> RenderableType:
    lines = [_line(one) for one in dict.fromkeys(check.text for check in plan.checks)]
    after = plan.watch_after_min
    lines.append(Text(f"For {after.value:g} minutes after the infusion ({after.source}{_mark(after.checked)})"))
    return Group(*(_item(line) for line in lines))


def _stops(plan: Plan) -> RenderableType:
    return Group(
        *(_item(Text(f"{one.does.capitalize()}: ", style="bold") + _line(one.text)) for one in plan.stop_rules)
    )


def _liver(plan: Plan) -> RenderableType | None:
    lines = [
        _item(Text(f"Day {one.day}{f' ({one.on})' if one.on else ''}: ") + _line(one.text)) for one in plan.liver_tests
    ]
    return Group(*lines) if lines else None


def _around(plan: Plan) -> RenderableType:
    one = plan.setting
    return Group(*(_item(_line(text)) for text in (one.place, *one.people, one.fasting, *one.discharge, *one.unknown)))


def _asks(ids: Sequence[str]) -> RenderableType | None:
    rest = [f"and {len(ids) - SHOWN} more, all in the JSON"] if len(ids) > SHOWN else []
    return _bullets([*(questions.in_words(id) for id in ids[:SHOWN]), *rest]) if ids else None


def _gives(found: Comparison) -> Table:
    after = [f"day +{day}, %" for day in found.compared[0].relief_after]
    table = _narrow("What it gives", "full days", "mean, %", *after)
    for one in found.compared:
        shares = [_share(band) for band in (one.mean_relief, *one.relief_after.values())]
        table.add_row(one.short, _band(one.full_relief_days), *shares)
    return table


def _costs(found: Comparison) -> Table:
    heads = ("infusion", "chair", "dissociation", "given", "AUC", "liver, day")
    table = _narrow("What it costs", *heads)
    for one in found.compared:
        table.add_row(
            one.short,
            f"{_hours(one.hours)}, {one.sessions} x" if one.sessions > 1 else _hours(one.hours),
            f"{one.chair_hours:.3g} h",
            _between(one.peak_dissociation),
            f"{one.total_mg:,.4g} mg",
            f"{one.esketamine_ng_h_per_ml / 1000:.3g}",
            ", ".join(str(test.day) for test in one.liver_tests) or "none",
        )
    return table


def _narrow(first: str, *heads: str) -> Table:
    """A table without rules, for many columns in a narrow window."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column(first, no_wrap=True)
    for head in heads:
        table.add_column(head)
    return table


def _band(band: Band) -> str:
    return f"{band.value:.2g} ({band.low:.2g}–{band.high:.2g})"


def _share(band: Band) -> str:
    return f"{100 * band.value:.0f} ({100 * band.low:.0f}–{100 * band.high:.0f})"


def _between(ends: tuple[float, float]) -> str:
    low, high = (f"{100 * end:.0f}" for end in ends)
    return f"{low}%" if low == high else f"{low}–{high}%"


def _titles(reasons: Iterable[Reason]) -> str:
    return "; ".join(f"{one.title} ({'; '.join(one.because)})" for one in reasons)


def _lines(texts: Iterable[CitedText]) -> RenderableType | None:
    lines = [_item(_line(one)) for one in texts]
    return Group(*lines) if lines else None


def _line(one: CitedText) -> Text:
    return Text(one.text) + Text(f" ({one.source}{_mark(one.checked)})", style="dim")


def _mark(checked: Checked) -> str:
    return f", {marks.SAYS[checked]}" if marks.SAYS[checked] else ""


def _sources(ids: Iterable[str]) -> RenderableType:
    return Group(*(Text(f"{id}: {evidence.reference(id)}", style="dim") for id in ids))


def _bullets(lines: Iterable[str]) -> RenderableType:
    return Group(*(_item(Text(line)) for line in lines))


def _item(text: Text) -> RenderableType:
    return Padding(Text("• ") + text, (0, 0, 0, 2))
