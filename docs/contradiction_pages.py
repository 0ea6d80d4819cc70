"""The page of the pairs of a record of which one side speaks against the other."""

from __future__ import annotations

from prose import anchor, criterion, labelled, page, review_state, said, table

from unwound import contradictions, drugs
from unwound.contradictions import Contradiction


def contradictions_page() -> str:
    """Every pair: what was stated, what speaks against it, what reconciles both, what to ask."""
    known = contradictions.contradictions()
    lead = (
        f"{len(known)} pairs of a record of which one side speaks against the other. What was stated counts as unknown "
        f"until a person has compared both and names the pair in `{contradictions.SETTLED}`; what stops keeps stopping."
    )
    index = table(
        ("Pair", "Stated", "Against it"),
        ((f"[{one.title}](#{anchor(one.title)})", criterion(one.stated), _against(one)) for one in known.values()),
    )
    return page("Contradictions", lead, [index, *(_pair(id, one) for id, one in known.items())])


def _pair(id: str, one: Contradiction) -> str:
    told = labelled(
        (
            ("Id", f"`{id}` · {review_state(one)}"),
            ("Stated", criterion(one.stated)),
            ("Against it", _against(one)),
            ("Not when", criterion(one.unless)),
            ("Counts as unknown", ", ".join(f"`{fact}`" for fact in one.doubts) or "nothing: it is asked again"),
            ("What to do", said(one.action)),
        )
    )
    return f"## {one.title}\n\n{told}"


def _against(one: Contradiction) -> str:
    if one.taken:
        known = drugs.drugs()
        return "taken now: " + ", ".join(
            name.replace("_", " ") if name in known else f"any {name}" for name in one.taken
        )
    return criterion(one.recorded) if one.recorded else f"{one.sex} sex at birth"


PAGES = {"contradictions.md": contradictions_page}
