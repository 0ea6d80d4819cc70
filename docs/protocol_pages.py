"""The page of protocols: each with its steps and what it rests on, the settings they are given in, the ceilings."""

from __future__ import annotations

from prose import MARKS, anchor, bare, bullets, criterion, labelled, number, page, review_state, said, source, table

from unwound import conditions, protocols
from unwound.pharmacology.dosing import total_mg
from unwound.protocols import knowledge
from unwound.protocols.knowledge import DRUGS, Ceilings, LiverTest, Protocol, Setting, Step, Watch
from unwound.report.planning import STRENGTHS

WEIGHTS_KG = (30, 50, 70, 100, 150, 200)


def protocols_page() -> str:
    """Every protocol, every setting, every ceiling."""
    known = protocols.protocols()
    rows = (
        (f"[{one.title}](#{anchor(one.title)})", DRUGS[one.drug], _at(id, 70), STRENGTHS[one.strength])
        for id, one in known.items()
    )
    lead = (
        f"The {len(known)} courses Unwound can plan, as they were studied or are practised. A plan is a proposal: "
        "`./run plan ID FILE` makes it for a patient, or says why not. Racemic ketamine and esketamine never share a "
        "dose, a rate or a ceiling."
    )
    parts = [
        table(("Protocol", "Drug", "At 70 kg", "Rests on"), rows),
        *(_protocol(id, one) for id, one in known.items()),
        *(_setting(id, one) for id, one in protocols.settings().items()),
        *(_ceilings(drug) for drug in DRUGS),
    ]
    return page("Protocols", lead, parts)


def _at(id: str, weight_kg: float) -> str:
    doses = protocols.doses(id, weight_kg)
    fastest = max(one.rate_mg_per_h for one in doses)
    hours = sum(one.duration_h for one in doses)
    return f"{total_mg(doses):,.4g} mg over {hours:.3g} h, up to {fastest:.3g} mg/h"


def _protocol(id: str, one: Protocol) -> str:
    known = conditions.conditions()
    told = labelled(
        (
            ("Id", f"`{id}` · {DRUGS[one.drug]} · {STRENGTHS[one.strength]} · {review_state(one)}"),
            ("What it is", said(one.summary)),
            ("Studied in", ", ".join(known[name].title for name in one.indications)),
            ("Given", _setting_link(one.setting)),
            ("Raising it", said(one.titration)),
            ("Days", said(one.calendar)),
            ("Its studies saw relief after the last infusion for", number(one.seen_until)),
        )
    )
    steps = table(("Days", "Dose", "Over", "Cap", "Share of it"), (_step(step) for step in one.steps))
    beside = bullets(said(given.text) for given in one.co_medication)
    liver = bullets(f"Liver, {_when(test)}: {said(test.text)}" for test in one.liver_tests)
    evidence = bullets(said(text) for text in one.evidence)
    parts = [f"## {one.title}", told, steps]
    parts += [f"Co-medication in the source, not part of a plan:\n\n{beside}"] if beside else []
    parts += [liver, evidence]
    return "\n\n".join(part for part in parts if part)


def _step(step: Step) -> tuple[str, ...]:
    days = ", ".join(str(day) for day in step.days) or "then"
    dose = step.rate or step.amount
    return days, number(dose), number(step.duration), number(step.cap), number(step.share)


def _when(test: LiverTest) -> str:
    if test.when == "before":
        return f"{number(test.days)} before the first dose" if test.days.value else "before the first dose"
    return f"every {number(test.days)}" if test.when == "during" else f"{number(test.days)} after the last dose"


def _setting_link(id: str) -> str:
    title = protocols.settings()[id].title
    return f"[{title}](#{anchor(title)})"


def _setting(id: str, one: Setting) -> str:
    told = labelled(
        (
            ("Id", f"`{id}` · {review_state(one)}"),
            ("Where", said(one.place)),
            ("Who", " ".join(said(text) for text in one.people)),
            ("Watched after the infusion", number(one.after)),
            ("Fasting", said(one.fasting)),
            ("Going home", " ".join(said(text) for text in one.discharge)),
            ("Not known", " ".join(said(text) for text in one.unknown)),
        )
    )
    watches = table(("Looked at", "How often", "From", "To", "Says"), (_watch(watch) for watch in one.watches))
    stops = bullets(
        f"**{rule.does.capitalize()}**{f' ({criterion(rule.when)})' if rule.when else ''}: {said(rule.text)}"
        for rule in one.stop_rules
    )
    return f"## {one.title}\n\n{told}\n\n{watches}\n\n{stops}"


def _watch(one: Watch) -> tuple[str, ...]:
    start = f"{one.since.value:g} h{' after the end' if one.after else ''}"
    often = f"every {bare(one.every)}" if one.every else "without a break"
    return ", ".join(one.what), often, start, f"{one.until.value:g} h" if one.until else "the end", said(one.text)


def _ceilings(drug: knowledge.Drug) -> str:
    known: Ceilings = protocols.ceilings(drug)
    span = f"{known.weight_kg.low:g} to {known.weight_kg.high:g} kg{MARKS[known.weight_kg.checked]}"
    lead = (
        f"Plans are made for {span} ({source(known.weight_kg.source)}); the strongest solution is "
        f"{number(known.strongest)}. What binds holds every plan down; the rest is "
        "shown beside it, and asked about where a plan passes it."
    )
    rows = (
        (
            f"{one.of} of {number(one.limit)}{'' if one.route == 'iv' else f' ({one.route})'}",
            "yes" if one.binds else "no",
            *(f"{knowledge.for_weight(one.limit, kg):.4g}" for kg in WEIGHTS_KG),
            said(one.text),
        )
        for one in known.limits.values()
    )
    heads = ("Limit", "Binds", *(f"{kg} kg" for kg in WEIGHTS_KG), "Says")
    units = "Rates in mg/h, boluses, days and courses in mg."
    return f"## Ceilings of {DRUGS[drug]}\n\n{lead} {units}\n\n{table(heads, rows)}"


PAGES = {"protocols.md": protocols_page}
