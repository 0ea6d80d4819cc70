"""The pages on the numerical core: pharmacokinetic models with the checks they hold, and what a concentration does."""

from __future__ import annotations

from collections.abc import Mapping

from prose import MARKS, anchor, bare, bullets, labelled, number, page, review_state, said, source, table

from unwound.catalogue import Cited, load_rule
from unwound.pharmacology import effects, models, observations, validation
from unwound.pharmacology.effects import Effect, Observation
from unwound.pharmacology.models import Derived, Flow, Model, Parameter
from unwound.pharmacology.validation import Compared, Standing
from unwound.protocols.knowledge import DRUGS

DIGITS = 4
"""Of a parameter reckoned from what was printed."""


def models_page() -> str:
    """Every model: parameters with source, what it was made from, and how near it comes to what others observed."""
    known = models.models()
    rows = (
        (f"[{one.title}](#{anchor(one.title)})", DRUGS[one.drug], one.sampling, ", ".join(one.outputs), _holds(id, one))
        for id, one in known.items()
    )
    lead = (
        f"The {len(known)} published models Unwound simulates with: linear compartments, solved exactly. A parameter "
        "set belongs to the blood it was sampled from and to its drug; racemic ketamine and esketamine never share "
        "one. Every model is held against every published observation it can answer."
    )
    index = table(("Model", "Drug", "Blood", "Gives", "Against what others measured"), rows)
    return page("Models", lead, [index, _matrix(known), *(_model(id, one) for id, one in known.items())])


def _holds(id: str, one: Model) -> str:
    return validation.summary(validation.compared(id, one))


def _matrix(known: Mapping[str, Model]) -> str:
    """Every model by every observation: bold where it counts and is outside, in brackets where it does not count."""
    cells = {(cell.study, cell.row.name, cell.model): cell for cell in validation.matrix()}
    rows = (
        (
            f"{name} ({source(observations.observations()[study].source)})",
            *(_cell(cells.get((study, name, id))) for id in known),
        )
        for study, name in dict.fromkeys((study, name) for study, name, _ in cells)
    )
    criterion = load_rule("model_checks", validation.Criterion)
    lead = (
        "## Every model by every observation\n\nPredicted over observed, of the typical subject, at the point farthest "
        f"from what was measured. Close is {_limits(criterion.close)}, twofold {_limits(criterion.twofold)} "
        f"({source(criterion.twofold.source)}); **bold**: outside twofold. In brackets: the other drug, blood or "
        "people, or data that the model was fitted to or that are its own predictions; shown and never counted."
    )
    return f"{lead}\n\n{table(('Observation', *known), rows)}"


def _limits(limit: Cited) -> str:
    return f"{limit.low:g} to {limit.high:g}"


def _cell(cell: Compared | None) -> str:
    if cell is None:
        return ""
    number = f"{cell.farthest:.2f}"
    if cell.standing is not Standing.INDEPENDENT:
        return f"({number})"
    return f"**{number}**" if cell.nearness is validation.Nearness.OUTSIDE else number


def _model(id: str, one: Model) -> str:
    told = labelled(
        (
            ("Id", f"`{id}` · {DRUGS[one.drug]} · {_blood(one)} · {review_state(one)}"),
            ("What it is", said(one.summary)),
            ("Careful", one.caution),
            ("Made from", said(one.valid.population)),
            ("Valid for", " and ".join(filter(None, (number(one.valid.weight_kg), number(one.valid.age_years))))),
            ("Carried as", f"{one.carries}; reference weight {number(one.reference_kg)}"),
            ("Doses by", ", ".join(f"`{name}` into {route.compartment}" for name, route in one.routes.items())),
            ("Gives", ", ".join(f"`{name}` in {output.compartment}" for name, output in one.outputs.items())),
            ("Residual error", _residual(one)),
            ("How people differ", _spread(one)),
            ("Borrowed", " ".join(one.borrowed)),
            ("How one person differs between occasions", _between_occasions(one)),
        )
    )
    parts = (f"## {one.title}", told, _parameters(one), _flows(one), _checks(id, one))
    return "\n\n".join(part for part in parts if part)


def _blood(one: Model) -> str:
    return "blood not stated" if one.sampling == "not stated" else f"{one.sampling} blood"


def _parameters(one: Model) -> str:
    given = [(name, _number(value), _with_weight(one, value), _varies(one, name), value.note)
             for name, value in one.parameters.items()]  # fmt: skip
    derived = [(name, _derived(value), "", _varies(one, name), "") for name, value in one.derived.items()]
    return table(("Parameter", "Value", "With weight", "Varies (sd)", "Note"), [*given, *derived])


def _number(value: Parameter) -> str:
    """The value with its source, in as many figures as mean something."""
    return number(value.model_copy(update={"value": float(f"{value.value:.{DIGITS}g}")}))


def _derived(one: Derived) -> str:
    return " × ".join(one.product) if one.product else f"1 − {one.one_minus}"


def _with_weight(one: Model, value: Parameter) -> str:
    grows, exponent = f"(kg / {one.reference_kg.value:g})", value.weight_exponent
    return f"{grows}^{exponent:g}" if exponent not in (0, 1) else grows if exponent else ""


def _varies(one: Model, name: str) -> str:
    """Standard deviation between people, of the logarithm or the logit."""
    if name not in one.variability.parameters:
        return ""
    place = one.variability.parameters.index(name)
    scale = "logit" if name in one.variability.logit else "log"
    return f"{one.variability.covariance[place][place] ** 0.5:.2f} of the {scale}"


def _spread(one: Model) -> str:
    known = one.variability
    if not known.parameters:
        return "not known: everybody of one weight is the typical subject"
    pairs = [
        (first, second, known.covariance[row][column])
        for row, first in enumerate(known.parameters)
        for column, second in enumerate(known.parameters[:row])
        if known.covariance[row][column]
    ]
    correlated = "; ".join(f"{a} with {b}, covariance {value:.3g}" for a, b, value in pairs)
    return f"{correlated or 'independently'}{MARKS[known.checked]} ({source(known.source)}) {known.note}".strip()


def _between_occasions(one: Model) -> str:
    how = one.between_occasions
    if not how.parameters:
        return "not known"
    each = ", ".join(f"{name} {how.covariance[row][row] ** 0.5:.2f}" for row, name in enumerate(how.parameters))
    return f"sd of the log: {each}{MARKS[how.checked]} ({source(how.source)}) {how.note}"


def _residual(one: Model) -> str:
    told = []
    for output, error in one.residual.items():
        kinds = (("proportional", error.proportional), ("additive", error.additive))
        parts = [f"{kind} {number(value)}" for kind, value in kinds if value]
        told.append(f"{output}: {', '.join(parts)}")
    return "; ".join(told)


def _flows(one: Model) -> str:
    return bullets(_flow(flow) for flow in one.flows)


def _flow(flow: Flow) -> str:
    arrow = "↔" if flow.both_ways else "→"
    share = f" × (1 − {flow.fraction})" if flow.complement else f" × {flow.fraction}" if flow.fraction else ""
    speed = f"clearance {flow.clearance}" if flow.clearance else f"rate {flow.rate}"
    return f"{flow.source} {arrow} {flow.to or 'out of the body'}: {speed}{share}"


def _checks(id: str, one: Model) -> str:
    rows = (
        (
            f"{cell.row.name} ({source(observations.observations()[cell.study].source)}{MARKS[cell.row.checked]})",
            _spread_of(cell),
            str(cell.nearness),
            "yes" if cell.standing is Standing.INDEPENDENT else f"no: {cell.standing}",
            cell.row.note,
        )
        for cell in validation.compared(id, one)
    )
    return table(("Observation", "Predicted / observed", "Is", "Counts", "Note"), rows)


def _spread_of(cell: Compared) -> str:
    found = cell.ratios
    return f"{found.min():.2f} to {found.max():.2f}" if found.size > 1 else f"{found[0]:.2f}"


def effects_page() -> str:
    """Every effect: what it is and is not, its curves, delay and observations; and what is assumed of the racemate."""
    known = effects.effects()
    rows = ((f"[{one.title}](#{anchor(one.title)})", _kind(one), said(one.what_it_is)) for one in known.values())
    lead = (
        "What a concentration does. A curve is for one drug and one kind of blood; observations stand side by side and "
        "are never averaged. Relief over weeks is an empirical curve, not receptor occupancy."
    )
    index = table(("Effect", "Known as", "What it is"), rows)
    return page("Effects", lead, [index, *(_effect(id, one) for id, one in known.items()), _racemate()])


def _kind(one: Effect) -> str:
    parts = ["a curve" if len(one.curves) == 1 else f"{len(one.curves)} curves"] if one.curves else []
    parts += ["a delay"] if one.site else []
    parts += [f"{len(one.observations)} observations"] if one.observations else []
    return ", ".join(parts)


def _effect(id: str, one: Effect) -> str:
    responders = one.responders
    told = labelled(
        (
            ("Id", f"`{id}` · {review_state(one)}"),
            ("What it is", said(one.what_it_is)),
            ("A share of one is", one.of),
            (
                "Delay behind plasma",
                f"half-life {number(one.site.half_life)}. {said(one.site.text)}" if one.site else "",
            ),
            ("Acts", _unbound(one)),
            (
                "Who responds",
                f"drug {number(responders.drug)}, placebo {number(responders.placebo)}. {said(responders.text)}"
                if responders
                else "",
            ),
            (
                "Controlled data end",
                f"{number(one.data_end_days)}; {one.data_end_days.note}" if one.data_end_days else "",
            ),
        )
    )
    curves = table(
        ("Curve", "Drug", "Blood", "Half effect at", "Steepness"),
        (
            (curve.title, DRUGS[curve.drug], curve.sampling, number(curve.half), number(curve.hill))
            for curve in one.curves.values()
        ),
    )
    seen = table(("Observed", "Drug", "Blood", "At", "How much"), (_observation(row) for row in one.observations))
    is_not = "What it is not:\n\n" + bullets(said(text) for text in one.what_it_is_not) if one.what_it_is_not else ""
    return "\n\n".join(part for part in (f"## {one.title}", told, is_not, curves, seen) if part)


def _unbound(one: Effect) -> str:
    return f"only what is free in plasma: {number(one.unbound.share)}" if one.unbound else ""


def _observation(row: Observation) -> tuple[str, ...]:
    return row.what, DRUGS[row.drug], row.sampling, number(row.at), number(row.seen)


def _racemate() -> str:
    one = effects.racemate()
    against = bullets(said(text) for text in one.against)
    told = f"Esketamine in racemic ketamine: {bare(one.esketamine_share)}. {said(one.assumption)}"
    return f"## {one.title}\n\n{told}\n\nWhat speaks against it:\n\n{against}"


PAGES = {"models.md": models_page, "effects.md": effects_page}
