"""By which way a medicine is given: the route, the product, or what the directions speak of."""

from __future__ import annotations

import re

from unwound import drugs, routes
from unwound.exchange.fhir.directions import quoted
from unwound.exchange.fhir.dose import Conflict, texts
from unwound.exchange.fhir.products import Product
from unwound.exchange.fhir.shapes import Object, all_names, codings, name
from unwound.exchange.fhir.unclear import Unclear
from unwound.routes import Way


def way_of(dosage: Object, medicine: Product) -> Way | None:
    """The way of the route and of the product. Unclear where they contradict each other or the route is not known."""
    route, form = dosage.get("route"), medicine.form
    if not route:
        return medicine.way or _way_in_words(dosage)
    by_route = _route(route)
    if by_route is None:
        raise Unclear(f"the route «{quoted(name(route) or next((c.code for c in codings(route)), ''))}» is not known")
    if form is None or form.id == by_route.id or _agree(by_route, form):
        return by_route if form is None or form.id in ("injection", "mouth") else form
    raise Conflict(f"the route says {by_route.title}, the product «{quoted(medicine.name)}» is given {form.title}")


def _way_in_words(dosage: Object) -> Way | None:
    """A local way that only the directions speak of: «apply the cream», «epidural». «Gel.» is a capsule in French."""
    readings = (routes.by_form(_GEL.sub(" ", written)) for written in texts(dosage))
    return next((way for way in readings if way is not None and not way.whole_body), None)


_GEL = re.compile(r"\bgels?\b", re.IGNORECASE)


def _route(route: object) -> Way | None:
    by_code = next((way for coding in codings(route) if (way := routes.by_code(coding.code))), None)
    return by_code or routes.of_words(all_names(route))


_INJECTED = frozenset(("injection", "vein", "muscle", "under_skin", "nerve", "spine"))


def _agree(route: Way, form: Way) -> bool:
    """Whether a product made for one way can be given the other: any injection; a patch that is coded as topical."""
    ways = {route.id, form.id}
    if form.id == "mouth":
        return route.id in ("rectum", "vagina")
    return ways <= _INJECTED or ways <= {"patch", "skin"} or ways <= {"mouth", "mucosa"}


def local_way(dosage: Object, medicine: Product) -> Way | None:
    """Of two ways that contradict each other the local one: what may be a cream is not taken for a tablet."""
    both = [way for way in (_route(dosage.get("route")), medicine.way) if way is not None]
    return next((way for way in both if not way.whole_body), both[0] if both else None)


def refuse_without_milligrams(medicine: Product, way: Way | None) -> None:
    """Unclear where the milligrams of this way do not compare with those by mouth."""
    drug = drugs.recognise(text=medicine.name) or ""
    if way is not None and not routes.has_milligrams(drug, way):
        raise Unclear(f"given {way.title}: its milligrams a day do not compare with a dose by mouth")
