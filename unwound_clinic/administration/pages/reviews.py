"""From draft to reviewed: what clinicians of the clinic signed, what is void or overdue, and each file's packet."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from unwound import catalogue
from unwound.report import packet as packets
from unwound.report.packet import Packet
from unwound_clinic.administration import review_actions
from unwound_clinic.administration.forms import ReviewForm, UnsignForm
from unwound_clinic.core import access, file_reviews, typesetting
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, today
from unwound_clinic.models import FileReview, Site

A_YEAR = timedelta(days=365)
TEMPLATE = Path(__file__).parents[1] / "templates/administration/packet.typ"


def _site(request: HttpRequest, permission: str) -> Site:
    """The first site where the user has the permission: knowledge is of the whole clinic."""
    site = Site.objects.filter(pk__in=actor(request).sites_where(permission)).order_by("pk").first()
    if site is None:
        raise access.Refused(
            "physicians and anaesthesia providers review the knowledge; people in care and administrators see it"
        )
    return site


def overview(request: HttpRequest) -> HttpResponse:
    """How many files are reviewed, by kind; what is void, and what is overdue."""
    day = today(_site(request, "see-knowledge"))
    held = file_reviews.standing()
    all_of, done = (Counter(kind for kind, _ in places) for places in (catalogue.to_review(), held))
    context = {
        "line": file_reviews.line(),
        "kinds": [(kind, done[kind], number) for kind, number in all_of.items()],
        "void": file_reviews.void(),
        "overdue": sorted(((row.due, kind, name, row) for (kind, name), row in held.items() if row.due < day),
                          key=lambda row: row[:3]),
        "signed": FileReview.objects.select_related("withdrawn_by").order_by("-pk")[:50],
        "may_sign": bool(actor(request).sites_where("review-knowledge")),
    }  # fmt: skip
    return render(request, "administration/reviews.html", context)


def kind(request: HttpRequest, kind: str) -> HttpResponse:
    """Every file of a kind, and whether it is reviewed."""
    _site(request, "see-knowledge")
    if kind not in catalogue.kinds() or kind in catalogue.NOT_REVIEWED:
        raise Http404
    held = file_reviews.standing([(kind, name) for name in catalogue.ids(kind)])
    files = [(name, held.get((kind, name))) for name in catalogue.ids(kind)]
    return render(request, "administration/reviews_kind.html", {"kind": kind, "files": files})


def _packet(kind: str, name: str) -> tuple[Packet, FileReview | None]:
    if (kind, name) not in catalogue.to_review():
        raise Http404
    before = file_reviews.last(kind, name)
    return packets.packet(kind, name, before=before.content.encode() if before else None), before


def file(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """The packet of one file, and the signature under it."""
    site = _site(request, "see-knowledge")
    packet, before = _packet(kind, name)
    may_sign = bool(actor(request).sites_where("review-knowledge"))
    form = ReviewForm(request, request.POST or None, initial=_proposed(request, packet, site)) if may_sign else None
    if request.method == "POST":
        site = _site(request, "review-knowledge")
    if form is not None and request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            review_actions.sign(
                by=actor(request), site=site, kind=kind, name=name, shown=typed["digest"], licence=typed["licence"],
                due=typed["due"], note=typed["note"],
            )  # fmt: skip
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, f"Signed. {kind}/{name} counts as reviewed while it reads as it does now.")
            return redirect("reviews-kind", kind)
    context = {"packet": packet, "before": before, "form": form,
               "stands": file_reviews.standing([(kind, name)]).get((kind, name))}  # fmt: skip
    return render(request, "administration/review_file.html", context)


def _proposed(request: HttpRequest, packet: Packet, site: Site) -> dict[str, object]:
    """What the form begins with: the licence as this person typed it last, and a year until the next review."""
    theirs = FileReview.objects.filter(signed_by=actor(request).user).order_by("-pk").first()
    return {"digest": packet.digest, "licence": theirs.licence if theirs else "", "due": today(site) + A_YEAR}


def as_pdf(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """The packet on paper, with a box beside every statement."""
    site = _site(request, "see-knowledge")
    packet, before = _packet(kind, name)
    content = {
        "paper": "us-letter" if site.jurisdiction == "US" else "a4",
        "title": packet.title,
        "name": packet.name,
        "state": f"{packet.state}; last signed here by {before.reviewer}" if before else packet.state,
        "updated": str(packet.updated),
        "due": str(packet.due),
        "digest": packet.digest,
        "counts": f"{len(packet.statements)} statements: {packet.to_read} not read at their own source, "
                  f"{packet.ours} rules of ours.",
        "changes": None if packet.changes is None
                   else [[change.field, change.before or "–", change.now or "–"] for change in packet.changes],
        "disagreements": list(packet.disagreements),
        "statements": [
            [row.field, row.says, ", ".join(part for part in (row.source, row.where) if part), row.read, row.note]
            for row in packet.statements
        ],
        "rest": [list(pair) for pair in packet.rest],
        "references": [list(pair) for pair in packet.references],
        "knowledge": catalogue.knowledge_line(),
    }  # fmt: skip
    answer = HttpResponse(typesetting.pdf(TEMPLATE, content, timezone.now()), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="to-review-{kind}-{name}.pdf"'
    return answer


def withdraw(request: HttpRequest, number: int) -> HttpResponse:
    """A review is taken back."""
    site = _site(request, "review-knowledge")
    row = get_object_or_404(FileReview, pk=number)
    form = UnsignForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        review_actions.withdraw(by=actor(request), site=site, review=row, reason=form.cleaned_data["reason"])
        messages.success(request, "Withdrawn. The file counts as not reviewed.")
        return redirect("reviews")
    return render(request, "administration/review_withdraw.html", {"row": row, "form": form})


urls = [
    reads("reviews/", overview, name="reviews"),
    takes("reviews/signed/<int:number>/", withdraw, name="review-withdraw"),
    reads("reviews/<slug:kind>/", kind, name="reviews-kind"),
    takes("reviews/<slug:kind>/<slug:name>/", file, name="review-file"),
    reads("reviews/<slug:kind>/<slug:name>/pdf/", as_pdf, name="review-pdf"),
]
