"""The page on the mechanism: equations and every number, so that others can rebuild it, and what came of the fit."""

from __future__ import annotations

from prose import MARKS, anchor, bare, bullets, labelled, number, page, review_state, said, source, table

from unwound import mechanism
from unwound.mechanism import knowledge
from unwound.mechanism.knowledge import Mechanism

TITLE = "Mechanism"


def mechanism_page() -> str:
    """Every file of data/mechanisms: what it is, what is established of it, equations, numbers, targets."""
    known = knowledge.mechanisms()
    lead = (
        f"{mechanism.SAID} A cell that winds up, its gate for touch, the experiments on it and a slow layer, with "
        "every equation and number: times in ms, voltages in mV, conductances in nS. [What it is for and what it "
        "cannot say](../explanation/wind-up.md)."
    )
    rows = ((f"[{one.title}](#{anchor(one.title)})", review_state(one)) for one in known.values())
    index = table(("Part", "State"), rows)
    return page(TITLE, lead, [index, *(_part(id, one) for id, one in known.items())])


def _part(id: str, one: Mechanism) -> str:
    head = labelled((("Id", f"`{id}` · {review_state(one)}"), ("What it is", said(one.what_it_is))))
    standing = bullets(said(text) for text in one.standing)
    equations = table(("Of", "Equation"), ((each.of, f"`{each.reads}`") for each in one.equations))
    parts = (f"## {one.title}", head, standing, equations, _numbers(one), _fit(one), _trials(one))
    return "\n\n".join(part for part in parts if part)


def _numbers(one: Mechanism) -> str:
    rows = (
        (f"`{name}`", bare(entry), entry.means, f"{source(entry.source)}{'; ' if entry.where else ''}{entry.where}",
         "fitted" if entry.fitted else "")
        for name, entry in one.quantities.items()
    )  # fmt: skip
    return table(("Number", "Value", "Is", "From", ""), rows)


def _fit(one: Mechanism) -> str:
    if not one.how_fitted:
        return ""
    rows = (
        (each.what, f"{each.wanted.value:g}{MARKS[each.wanted.checked]}", f"{each.obtained:g}",
         f"{source(each.wanted.source)}; {each.wanted.where}")
        for each in one.targets
    )  # fmt: skip
    told = "What the fitted numbers had to reproduce, and what the ensemble of twenty cells gives:"
    return f"{said(one.how_fitted)}\n\n{told}\n\n{table(('Target', 'Wanted', 'Obtained', 'From'), rows)}"


def _trials(one: Mechanism) -> str:
    rows = (
        (each.title, f"`{each.protocol}`" if each.protocol else f"{number(each.dose)} in {bare(each.hours)}",
         said(each.seen))
        for each in one.trials
    )  # fmt: skip
    return table(("Trial it must explain", "Doses", "Seen"), rows)


PAGES = {"mechanism.md": mechanism_page}
