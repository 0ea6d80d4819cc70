"""Referrals that come in: those that wait, a new one, and the page on which one is answered for."""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html

from unwound_clinic.core import access, seen
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor, today
from unwound_clinic.models import Patient, Referral, Site
from unwound_clinic.models.searching import fold
from unwound_clinic.record import incoming, request_words, requested
from unwound_clinic.record.actions import referrals
from unwound_clinic.record.actions.patients import AlreadyRegistered
from unwound_clinic.record.forms.importing import called
from unwound_clinic.record.forms.referral import AttachForm, ReferralForm, RegisterForm

ANSWERED = 50
"""How many of those that were answered for are listed."""
NAME_CHARACTERS = 120
MOST_CANDIDATES = 30
ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif",
           requested.KIND: "json"}  # fmt: skip
"""What a file is called at its end, by what it is."""


def _sites(request: HttpRequest) -> QuerySet[Site]:
    sites = Site.objects.filter(pk__in=actor(request).sites_where("register-patient")).order_by("name")
    if not sites:
        raise access.Refused("referrals are read by the team in patient care")
    return sites


def waiting_list(request: HttpRequest) -> HttpResponse:
    """Those that wait for an answer, the longest first, and the latest that were answered for."""
    rows = Referral.objects.filter(site__in=_sites(request)).defer("content").select_related("answered_by", "patient")
    waiting = list(rows.filter(answered_at=None).order_by("arrived_on", "id"))
    answered = list(rows.exclude(answered_at=None).order_by("-answered_at")[:ANSWERED])
    listed = [row.patient for row in answered if row.patient]
    seen.listed(by=actor(request), patients=listed, page="referrals")
    for site, rows_of in incoming.by_site((*waiting, *answered)):
        referrals.looked_at(by=actor(request), site=site, rows=rows_of, page="referrals")
    return render(request, "record/referrals.html", {"waiting": waiting, "answered": answered})


def new(request: HttpRequest) -> HttpResponse:
    """Keeps a referral that came in; its file is chosen again where something else was refused."""
    sites = _sites(request)
    site = get_object_or_404(sites, pk=_number(request.POST.get("site", ""))) if "site" in request.POST else sites[0]
    form = ReferralForm(site, today(site), request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        fields = dict(form.cleaned_data)
        file = fields.pop("file")
        name = called(file)[-NAME_CHARACTERS:]
        try:
            row = referrals.receive(by=actor(request), site=site, content=file.read(), name=name, **fields)
        except referrals.AlreadyHere as there:
            link = format_html('<a href="{}">Open it</a>', reverse("referral", args=[there.referral.pk]))
            form.add_error("file", format_html("{}. {}", f"{str(there)[:1].upper()}{str(there)[1:]}", link))
        else:
            messages.success(request, "Saved. It awaits a decision.")
            return redirect("referral", row.pk)
    return render(request, "record/referral_new.html", {"form": form, "sites": sites, "site": site})


def _number(typed: str) -> int:
    return int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 19 else 0


def shown(request: HttpRequest, number: int) -> HttpResponse:
    """One referral: who it is about, who here may be the same person, and the three answers."""
    row = _row(request, number)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    candidates = _same_person(row)
    form = RegisterForm(row, request.POST if do == "register" else None)
    existing = AttachForm(candidates, request.POST if do == "attach" else None)
    if do:
        answer = _answered(request, row, form if do == "register" else existing, do)
        if answer is not None:
            return answer
    people = [*candidates[:MOST_CANDIDATES], *([row.patient] if row.patient else [])]
    seen.listed(by=actor(request), patients=people, page=f"referral {row.pk}")
    referrals.looked_at(by=actor(request), site=row.site, rows=(row,), page="referral")
    context = {"row": row, "form": form, "existing": existing, "candidates": candidates[:MOST_CANDIDATES],
               "lines": _in_words(row)}  # fmt: skip
    return render(request, "record/referral.html", context)


def _in_words(row: Referral) -> list[request_words.Line]:
    """What a system sent, to be read; nothing for a letter or picture, which is opened as a file."""
    return request_words.lines(requested.parsed(bytes(row.content))) if row.kind == requested.KIND else []


def _row(request: HttpRequest, number: int) -> Referral:
    """A referral of a site where the person may register patients; refused otherwise."""
    rows = Referral.objects.defer("content").select_related("site", "patient__site", "received_by", "answered_by")
    row = get_object_or_404(rows, pk=number)
    access.check_at(actor(request), "register-patient", row.site_id)
    return row


def _same_person(row: Referral) -> QuerySet[Patient]:
    """Patients of the site with the family name, or born on the day, of the draft."""
    # A system may send the whole name as one text: each of its words has to be there, in any order.
    words = [Q(search__contains=word) for word in fold(row.family_name).split()]
    same = reduce(and_, words) if words else Q(family_name__iexact=row.family_name)
    if row.birth_date:
        same |= Q(birth_date=row.birth_date)
    return Patient.objects.filter(same, site=row.site, merged_into=None).order_by("family_name", "given_name", "id")


def _answered(request: HttpRequest, row: Referral, form: Any, do: str) -> HttpResponse | None:
    """Where the answer leads; None where the form says what does not fit."""
    by = actor(request)
    if do == "decline":
        referrals.decline(by=by, site=row.site, referral=row, reason=request.POST.get("reason", ""))
        messages.success(request, "Referral declined; it is kept.")
        return redirect("referrals")
    if do not in ("register", "attach"):
        raise Conflict("choose one of the three answers")
    if not form.is_valid():
        return None
    if do == "attach":
        patient = referrals.attach(by=by, patient=form.cleaned_data["patient"], referral=row)
    else:
        try:
            patient = referrals.register(by=by, site=row.site, referral=row, **form.cleaned_data)
        except AlreadyRegistered as there:
            form.add_error(None, f"{str(there)[:1].upper()}{str(there)[1:]}. Choose it under «Registered already».")
            return None
    messages.success(request, f"The referral is part of the record of {patient.full_name}.")
    return redirect("patient", patient.pk)


def file(request: HttpRequest, number: int) -> HttpResponse:
    """The file as it arrived: to be saved, never run or shown by the browser as a page of the clinic."""
    row = _row(request, number)
    content = referrals.opened(by=actor(request), site=row.site, referral=row)
    response = HttpResponse(content, content_type=row.kind)
    response["Content-Disposition"] = f'attachment; filename="referral-{row.pk}.{ENDINGS[row.kind]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


urls = [
    reads("referrals/", waiting_list, name="referrals"),
    takes("referrals/new/", new, name="referral-new"),
    takes("referrals/<int:number>/", shown, name="referral"),
    reads("referrals/<int:number>/file/", file, name="referral-file"),
]
