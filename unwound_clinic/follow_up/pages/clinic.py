"""The clinic's outcomes: who was treated, what they had tried, who responded, for how long; small groups hidden."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from unwound.outcomes import Ended, Funnel, Group
from unwound.record import UnwoundError
from unwound_clinic.core import access
from unwound_clinic.core.addresses import reads
from unwound_clinic.core.page import actor
from unwound_clinic.follow_up import ends

AT_DAYS = (28, 84, 182)
"""Days on which the tables say what the curves are."""
CAUSES = {Ended.NO_RELIEF: "no relief", Ended.RELIEF_LOST: "relief lost", Ended.NEW_COURSE: "a new course"}


def shown(request: HttpRequest) -> HttpResponse:
    """The figures of the sites where the person sees records; nobody is named."""
    counted = _counted(request)
    context = {
        "section": "outcomes", "clinic": counted, "by": _by(request), "days": AT_DAYS,
        "ways": ends.BY, "groups": [_group(group) for group in counted.groups],
    }  # fmt: skip
    return render(request, "follow_up/clinic.html", context)


def drawn(request: HttpRequest, kind: str) -> HttpResponse:
    """The curves, or the sites in their funnel; 404 where too few people stand behind them."""
    counted = _counted(request)
    # The charts import Altair; pages without a chart start without it.
    from unwound import plots

    try:
        if kind == "lasting":
            chart = plots.lasting(counted.groups)
        elif kind == "funnel" and isinstance(counted.funnel, Funnel):
            chart = plots.funnel(counted.funnel)
        else:
            raise Http404
    except UnwoundError as reason:
        raise Http404(str(reason)) from None
    return HttpResponse(plots.drawn(chart), content_type="image/svg+xml")


def _counted(request: HttpRequest) -> ends.Clinic:
    sites = actor(request).sites_where("see-medical-record")
    if not sites:
        raise access.Refused("the clinic's outcomes require a role in patient care")
    return ends.clinic(sites, _by(request))


def _by(request: HttpRequest) -> str:
    by = request.GET.get("by", "condition")
    return by if by in ends.BY else "condition"


def _group(group: Group) -> dict[str, object]:
    """One group as the table shows it: on some days who is at risk, the share with its interval, and each cause."""
    last = max(group.at_risk)
    points = []
    for day in (day for day in AT_DAYS if day <= last):
        worst, best = group.worst.at(day)[0], group.best.at(day)[0]
        causes = [(CAUSES[kind], round(100 * curve.at(day)[0])) for kind, curve in group.ends.items()]
        share, low, high = (None if part is None else round(100 * part) for part in group.lasting.at(day))
        points.append(
            {"day": day, "at_risk": group.at_risk.get(day), "share": share, "low": low, "high": high,
             "worst": round(100 * worst), "best": round(100 * best), "causes": causes}
        )  # fmt: skip
    return {"name": group.name, "count": group.count, "lost": group.lost_to_follow_up, "points": points,
            "notes": group.notes}  # fmt: skip


urls = [
    reads("outcomes/", shown, name="outcomes"),
    reads("outcomes/<slug:kind>.svg", drawn, name="outcomes-picture"),
]
