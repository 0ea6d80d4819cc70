"""A plan, and protocols compared, for reading in a terminal: the pump settings first, then all that must be known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from unwound import evidence, questions, record
from unwound.catalogue import Checked, CitedText
from unwound.cautions import CautionLevel
from unwound.pharmacology.ensemble import Ensemble
from unwound.pharmacology.landmarks import landmarks
from unwound.protocols import Band, Comparison, Plan, protocol, protocols
from unwound.protocols.knowledge import DRUGS, DoseKind
from unwound.protocols.limits import Ceiling
from unwound.protocols.planner import PlanVerdict, Rate
from unwound.protocols.pump import PumpUse, Supply
from unwound.protocols.reasons import Reason
from unwound.protocols.weights import WeightKind
from unwound.report import marks
from unwound.report.lines import closing, titled

CHANGES = 6
"""Syringes and bags whose hours are shown."""
SHOWN = 6
"""Questions shown in full; the rest are counted, and are listed in the JSON."""
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
    # A plan that is refused, or lacks information, has no doses: the parts about them are left out.
    rules = protocol(plan.protocol)
    console.print()
    console.rule(Text(f"{plan.title} · {who}" if who else plan.title))
    console.print(_head(plan))
    titled(
        console,
        (
            ("Pump settings", _pump(plan) if plan.rates else None),
            ("At the pump", _supply(plan.pump)),
            ("Weights", _body_weights(plan)),
            ("Titration", _lines([rules.titration, rules.calendar]) if plan.rates else None),
            ("To settle before the first dose", _reasons(plan, CautionLevel.ASK) if not plan.refusals else None),
            ("To keep in mind", _reasons(plan, CautionLevel.NOTE)),
            ("Limits at this weight", _limits(plan)),
            ("Predicted concentrations", _predicted(plan.predicted)),
            ("What else could change the dose", _modifiers(plan) if plan.rates else None),
            ("Monitoring", _watching(plan) if plan.checks else None),
            ("When to stop", _stops(plan) if plan.rates else None),
            ("Liver tests", _liver(plan)),
            ("Co-medication in the source (not part of this plan)", _lines(drug.text for drug in plan.co_medication)),
            ("The same by day", _adjuncts(plan)),
            ("Setting, staff, fasting and discharge", _around(plan) if plan.rates else None),
            ("Evidence", _lines([rules.summary, *rules.evidence])),
            (
                f"Not yet known: {len(plan.ask)} {'question' if len(plan.ask) == 1 else 'questions'}",
                _asks(plan.ask) if not plan.refusals else None,
            ),
            ("Sources", _sources(plan.sources if plan.rates else evidence.cite(rules))),
        ),
    )
    console.print()
    closing(console)


def show_protocols(console: Console) -> None:
    """Print every protocol in a line or two, with its id."""
    for id, rules in protocols().items():
        kind = f"{DRUGS[rules.drug]}, {STRENGTHS[rules.strength]}"
        console.print(Text(id, style="bold") + Text(f"  {rules.title}; {kind}"))
        console.print(Padding(_line(rules.summary), (0, 0, 0, 2)))
    console.print(Text("To plan one for a patient: unwound plan PROTOCOL FILE, or with --weight-kg", style="dim"))


def show_comparison(comparison: Comparison, console: Console, *, who: str = "") -> None:
    """Print the benefit and burden of each protocol, and what must be known about them."""
    console.print()
    console.rule(Text(f"Protocols compared at {comparison.weight_kg:g} kg" + (f" · {who}" if who else "")))
    if comparison.compared:
        console.print(_benefit(comparison))
        console.print()
        console.print(_burden(comparison))
        console.print()
        console.print(_bullets(comparison.says))
    for id, refused in comparison.refused.items():
        console.print(Text(f"Not compared: {protocol(id).title}: {_titles(refused)}", style="red"))
    if comparison.compared:
        console.print()
        console.print(Text("Sources", style="bold underline"))
        console.print(_sources(comparison.sources))
    console.print()
    closing(console)


def _head(plan: Plan) -> RenderableType:
    heading, colour = VERDICTS[plan.verdict]
    lines = [f"{DRUGS[plan.drug].capitalize()}, {STRENGTHS[protocol(plan.protocol).strength]}"]
    if plan.verdict == PlanVerdict.PLANNED:
        days = len(plan.days)
        lines += [
            f"{plan.total_mg:,.4g} mg in total: {_ml(plan.total_ml)} mL of {plan.concentration_mg_per_ml:g} mg/mL",
            f"{_hours(plan.hours)} of infusion on {days} {'day' if days == 1 else 'days'}, for {plan.weight_kg:g} kg",
        ]
    lines += [f"• {reason.title}: {'; '.join(reason.because)}. {reason.action}" for reason in plan.refusals]
    if plan.verdict == PlanVerdict.CANNOT_TELL:
        lines.append("• The weight is not known: no dose can be calculated without it.")
    lines.append(_marked("How well its numbers were checked", plan.checked))
    text = Group(*(Text(line) for line in lines if line))
    return Panel(text, title=Text(heading, style=f"bold {colour}"), title_align="left", border_style=colour)


def _marked(what: str, checked: Checked) -> str:
    """A warning where not everything was read at its source."""
    warning = {
        Checked.PRIMARY: "",
        Checked.SECONDARY: "some only second hand",
        Checked.OTHER_USE: "some about another use",
        Checked.UNCHECKED: "some not at all: verify before use",
    }
    return f"{what}: {warning[checked]}" if warning[checked] else ""


def _pump(plan: Plan) -> Table:
    table = Table("When", "mg/h", "mL/h", "mg", "mL", "Set, mL/h", "", show_edge=False, pad_edge=False)
    for column in table.columns[1:6]:
        column.justify = "right"
    for when, rate in pump_rows(plan.rates):
        held = "limited" if rate.held else ""
        row = (f"{rate.mg_per_h:.4g}", _ml(rate.ml_per_h), f"{rate.mg:.4g}", _ml(rate.ml), f"{rate.set_ml_per_h:.1f}")
        table.add_row(when, *row, held)
    return table


def _supply(used: PumpUse | None) -> RenderableType | None:
    """Rounding, containers with their changes, fluid, and the wean where the setting asks for one."""
    if used is None:
        return None
    lines = [
        f"Rates as they are set give {used.total_mg:,.5g} mg in {used.total_ml:,.1f} mL; rounding changes a rate by up "
        f"to {used.rounding_percent:.1f} %.",
        *(_changes(supply) for supply in used.supplies),
        f"Fluid: at most {used.most_ml_in_a_day:,.0f} mL in a day, {used.ml_per_kg_in_a_day:.1f} mL/kg.",
    ]
    if used.weaning:
        steps = "; ".join(
            f"from hour {step.start_h:g} for {step.hours:g} h {step.mg_per_h:.4g} mg/h, {step.ml_per_h:.1f} mL/h"
            for step in used.weaning
        )
        lines.append(f"Weaning that the setting asks for, {used.weaning_mg:.4g} mg on top of the totals: {steps}.")
    return _bullets(lines)


def _changes(supply: Supply) -> str:
    """How many of one size, and when the first ones are put up."""
    shown = ", ".join(f"{hours:.4g}" for hours in supply.put_up_h[:CHANGES])
    more = f" and {supply.count - CHANGES} more, all in the JSON" if supply.count > CHANGES else ""
    return f"{supply.title}: {supply.count}, put up at hour {shown}{more}."


def _body_weights(plan: Plan) -> RenderableType | None:
    """The four weights, and which one the dose is by."""
    if plan.weights is None or not plan.rates:
        return None
    known = [(kind, plan.weights.of(kind)) for kind in WeightKind]
    shown = ", ".join(f"{kind} {'not known' if kg is None else f'{kg:.1f} kg'}" for kind, kg in known)
    lacks = f" What is not known needs {' and '.join(plan.weights.lacks)}." if plan.weights.lacks else ""
    by = f"{plan.basis.kind} weight, chosen by {plan.basis.by}" if plan.basis else "actual weight; nobody chose another"
    return _bullets([f"{shown}.{lacks}", f"The dose is by {by}."])


def _modifiers(plan: Plan) -> RenderableType | None:
    """What holds for this patient, then what is not known of them."""
    lines = []
    for modifier in sorted(plan.modifiers, key=lambda modifier: modifier.holds is None):
        whose = "; ".join(modifier.because) if modifier.holds else "not known of this patient"
        lines.append(
            _item(
                Text(f"{modifier.title} ({whose}): ")
                + _line(modifier.known)
                + Text(f" Not known: {modifier.not_known}")
            )
        )
    return Group(*lines) if lines else None


def pump_rows(rates: Sequence[Rate]) -> Iterator[tuple[str, Rate]]:
    """When, and the rate: days with the same rate share a row; an infusion over days is listed by its hours."""
    daily = all(rate.start_h % 24 == 0 and rate.end_h - rate.start_h < 24 for rate in rates)
    if not daily:
        yield from ((f"hours {rate.start_h:g} to {rate.end_h:g}", rate) for rate in rates)
        return
    same: dict[tuple[float, float], list[Rate]] = {}
    for rate in rates:
        same.setdefault((round(rate.mg_per_h, 9), round(rate.end_h - rate.start_h, 9)), []).append(rate)
    for (_, hours), group in same.items():
        days = [round(rate.start_h / 24) + 1 for rate in group]
        yield f"{_days(days)}, {_hours(hours)} each" if len(days) > 1 else f"{_days(days)}, {_hours(hours)}", group[0]


def _days(days: Sequence[int]) -> str:
    """«days 3 to 5, 8 to 12»."""
    spans: list[list[int]] = []
    for day in days:
        if spans and day == spans[-1][-1] + 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    text = ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)
    return f"{'days' if len(days) > 1 else 'day'} {text}"


def _hours(hours: float) -> str:
    return f"{hours * 60:.3g} min" if hours < 1 else f"{hours:g} h"


def _ml(volume: float) -> str:
    """As finely as a pump can be set."""
    return f"{volume:,.2f}" if volume < 10 else f"{volume:,.1f}"


def _reasons(plan: Plan, level: CautionLevel) -> RenderableType | None:
    """Asks and notes that hold by facts; what is merely unknown is among the questions."""
    reasons = [reason for reason in plan.reasons if reason.level == level and reason.holds]
    return Group(*(_reason(reason) for reason in reasons)) if reasons else None


def _reason(reason: Reason) -> RenderableType:
    because = f"{'; '.join(reason.because)}. " if reason.because else ""
    override = "overridden by a named clinician. " if reason.overridden else ""
    return _item(Text(f"{reason.title}: {override}{because}{reason.action}"))


def _limits(plan: Plan) -> RenderableType | None:
    if not plan.ceilings:
        return None
    table = Table("Limit", "At this weight", "Planned", "", "Source", show_edge=False, pad_edge=False)
    for ceiling in plan.ceilings:
        unit = "mg/h" if ceiling.of == DoseKind.RATE else "mg"
        planned = f"{ceiling.planned:.4g} {unit}" if ceiling.planned else "none"
        result = beside(ceiling)
        source = f"{ceiling.limit.source}{_mark(ceiling.limit.checked)}"
        table.add_row(f"{ceiling.of} of {ceiling.limit}", f"{ceiling.most:.4g} {unit}", planned, result, source)
    return table


def beside(ceiling: Ceiling) -> str:
    """Where the plan lies beside a limit: «at it» is not «below it»."""
    if not ceiling.planned:
        return ""
    if not ceiling.applies:
        return "of other courses"
    if ceiling.at_it:
        return "at it"
    return "below it" if ceiling.within else "above it"


def _predicted(ensemble: Ensemble | None) -> RenderableType | None:
    """Every model of the drug, the highest first, and the hours above each landmark."""
    if ensemble is None:
        return None
    marks = landmarks(ensemble.drug)
    heads = [f"h above {mark.from_ng_per_ml:g}" for mark in marks.values()]
    table = Table("Model", "Blood", "Peak, ng/mL", "Plateau", *heads, show_edge=False, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for predicted in ensemble.models:
        plateau = "not reached" if predicted.plateau_ng_per_ml is None else f"{predicted.plateau_ng_per_ml:.0f}"
        hours = [f"{hours:.3g}" if hours else "–" for hours in predicted.hours_above.values()]
        kind = f"{predicted.model} (children)" if predicted.children else predicted.model
        table.add_row(kind, predicted.sampling, f"{predicted.peak_ng_per_ml:.0f}", plateau, *hours)
    low, high = ensemble.peak_ng_per_ml
    lines = [
        f"Typical people of {ensemble.weight_kg:g} kg: peaks of {low:.0f} to {high:.0f} ng/mL, {high / low:.2g}-fold "
        "apart. Models disagree; questions follow from the highest. No individual is typical: people differ by a third "
        "and more around each.",
        *(f"{mark.title}: {mark.says.text} ({mark.says.source}{_mark(mark.says.checked)})" for mark in marks.values()),
    ]
    return Group(table, *(_item(Text(line)) for line in lines))


def _watching(plan: Plan) -> RenderableType:
    lines = [_line(text) for text in dict.fromkeys(check.text for check in plan.checks)]
    after = plan.watch_after_min
    lines.append(Text(f"For {after.value:g} minutes after the infusion ({after.source}{_mark(after.checked)})"))
    return Group(*(_item(line) for line in lines))


def _stops(plan: Plan) -> RenderableType:
    return Group(
        *(_item(Text(f"{rule.does.capitalize()}: ", style="bold") + _line(rule.text)) for rule in plan.stop_rules)
    )


def _adjuncts(plan: Plan) -> RenderableType | None:
    """What the source gave beside it, with its days."""
    lines = [f"• Day {', '.join(map(str, adjunct.days))}: {adjunct.says}" for adjunct in plan.adjuncts]
    return Text("\n".join(lines)) if lines else None


def _liver(plan: Plan) -> RenderableType | None:
    lines = [
        _item(Text(f"Day {test.day}{f' ({record.day(test.on)})' if test.on else ''}: ") + _line(test.text))
        for test in plan.liver_tests
    ]
    return Group(*lines) if lines else None


def _around(plan: Plan) -> RenderableType:
    setting = plan.setting
    texts = (setting.place, *setting.people, setting.fasting, *setting.discharge, *setting.unknown)
    return Group(*(_item(_line(text)) for text in texts))


def _asks(ids: Sequence[str]) -> RenderableType | None:
    rest = [f"and {len(ids) - SHOWN} more, all in the JSON"] if len(ids) > SHOWN else []
    return _bullets([*(questions.in_words(id) for id in ids[:SHOWN]), *rest]) if ids else None


def _benefit(comparison: Comparison) -> Table:
    after = [f"day +{day}, %" for day in comparison.compared[0].relief_after]
    table = _narrow("Benefit", "full days", "mean, %", *after)
    for course in comparison.compared:
        shares = [_share(band) for band in (course.mean_relief, *course.relief_after.values())]
        table.add_row(course.short, _band(course.full_relief_days), *shares)
    return table


def _burden(comparison: Comparison) -> Table:
    heads = ("infusion", "chair", "dissociation", "dose", "AUC", "liver, day")
    table = _narrow("Burden", *heads)
    for course in comparison.compared:
        table.add_row(
            course.short,
            f"{_hours(course.hours)}, {course.sessions} x" if course.sessions > 1 else _hours(course.hours),
            f"{course.chair_hours:.3g} h",
            _between(course.peak_dissociation),
            f"{course.total_mg:,.4g} mg",
            f"{course.esketamine_ng_h_per_ml / 1000:.3g}",
            ", ".join(str(test.day) for test in course.liver_tests) or "none",
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
    return "; ".join(f"{reason.title} ({'; '.join(reason.because)})" for reason in reasons)


def _lines(texts: Iterable[CitedText]) -> RenderableType | None:
    lines = [_item(_line(text)) for text in texts]
    return Group(*lines) if lines else None


def _line(text: CitedText) -> Text:
    return Text(text.text) + Text(f" ({text.source}{_mark(text.checked)})", style="dim")


def _mark(checked: Checked) -> str:
    return f", {marks.SAYS[checked]}" if marks.SAYS[checked] else ""


def _sources(ids: Iterable[str]) -> RenderableType:
    return Group(*(Text(f"{id}: {evidence.reference(id)}", style="dim") for id in ids))


def _bullets(lines: Iterable[str]) -> RenderableType:
    return Group(*(_item(Text(line)) for line in lines))


def _item(text: Text) -> RenderableType:
    return Padding(Text("• ") + text, (0, 0, 0, 2))
