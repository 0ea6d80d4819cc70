"""The list of patients, one patient's overview, personal details, history, and emergency access."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from unwound import facts
from unwound.report.as_json import as_json
from unwound.report.glance import glance
from unwound.session.states import SessionState
from unwound.terms import Purpose
from unwound_clinic.core import access, emergency, seen
from unwound_clinic.core.addresses import reads, sent, takes
from unwound_clinic.core.page import actor, check_whose, patient_page, today
from unwound_clinic.front import curve, finding, searches, tasks, timeline
from unwound_clinic.front.forms import PersonalForm
from unwound_clinic.intake import progress
from unwound_clinic.models import Alarm, Patient, Site, Stage
from unwound_clinic.record import at_a_glance, entries, import_words, links, pains
from unwound_clinic.record import review as record_review
from unwound_clinic.record.actions import links as sending
from unwound_clinic.record.actions import patients

A_PAGE = 50
LATEST = 8
"""Lines of the timeline on the overview."""
BEGUN = tuple(state for state in SessionState if state not in (SessionState.SCHEDULED, SessionState.ABORTED))
MOST_DIGITS = 19
"""Fewer digits have the numbers of rows."""


def patient_list(request: HttpRequest) -> HttpResponse:
    """Patients by what is due next, searched by name, number or date of birth.

    What was searched for is sent as a form and kept in the session: the address names nobody, and Back works.
    """
    sites = actor(request).sites_where("see-patients")
    if not sites:
        raise access.Refused("viewing patients requires a role in patient care")
    if request.method == "POST":
        asked = {"search": searches.keep(request, request.POST.get("q", "")), "stage": request.POST.get("stage", "")}
        filled = urlencode({name: value for name, value in asked.items() if value})
        return redirect(f"{reverse('patients')}{'?' if filled else ''}{filled}")
    matching = Patient.objects.filter(site__in=sites, merged_into=None, erased_at=None).select_related("site")
    matching = matching.order_by(F("due_on").asc(nulls_last=True), "id")  # whoever has nothing due does not come first
    query, stage = searches.kept(request, request.GET.get("search", "")), request.GET.get("stage", "")
    if stage in Stage.values:
        matching = matching.filter(stage=stage)
    numbered = Paginator(finding.matching(matching, query, sites) if query else matching, A_PAGE)
    slip = bool(query) and not numbered.count
    if slip:
        numbered = Paginator(finding.mistyped(matching, query, sites), A_PAGE)
    page = numbered.get_page(request.GET.get("page"))
    context = {"page": page, "q": query, "stage": stage, "stages": Stage.choices, "several": len(sites) > 1}
    context["slip"] = slip
    seen.listed(by=actor(request), patients=page, page=f"patients {query}".strip())
    return render(request, "front/patients.html", context)


def new(request: HttpRequest) -> HttpResponse:
    """Registers a patient."""
    by = actor(request)
    sites = Site.objects.filter(pk__in=by.sites_where("register-patient"))
    if not sites:
        raise access.Refused("registering patients requires a role in patient care")
    site = _chosen(sites, request.POST.get("site", ""))
    form = PersonalForm(site.jurisdiction, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            patient = patients.register(by=by, site=site, **form.cleaned_data)
        except patients.AlreadyRegistered as there:
            seen.viewed(by=by, patient=there.patient, page="already registered")
            link = format_html('<a href="{}">Open that record</a>', reverse("patient", args=[there.patient.pk]))
            form.add_error(None, format_html("{}. {}", f"{str(there)[:1].upper()}{str(there)[1:]}", link))
        else:
            messages.success(request, f"{patient.full_name} is registered.")
            return redirect("patient", patient.pk)
    return render(request, "front/patient_new.html", {"form": form, "sites": sites})


def _chosen(sites: QuerySet[Site], number: str) -> Site:
    """The site that was chosen, the first where none was; 404 for anything else."""
    if not number:
        return sites[0]
    if not (number.isdecimal() and len(number) < MOST_DIGITS):
        raise Http404
    return get_object_or_404(sites, pk=int(number))


@patient_page("overview")
def overview(request: HttpRequest, patient: Patient) -> HttpResponse:
    """One patient on a page: how things stand, what was tried, the infusions, what is open, and what happened last."""
    reviewed, now = record_review.review_of(patient, today(patient.site)), timezone.now()
    review, current = reviewed.review, list(reviewed.entries)
    link = patient.links.order_by("-id").first()
    lines = timeline.lines(patient, reviewed, now)
    context: dict[str, Any] = {
        "patient": patient,
        "tab": "overview",
        "review": review,
        "reasons": record_review.reasons(as_json(review, ())["candidacy"]),
        "progress": progress.progress_of(patient, current, link) if link else None,
        "alarms": patient.alarms.filter(seen_at=None),
        "seen_alarms": patient.alarms.exclude(seen_at=None).select_related("seen_by"),
        "link": link,
        "decision": patient.decisions.filter(aim=Purpose.PAIN).order_by("-id").first(),
        "on_depression": patient.decisions.filter(aim=Purpose.DEPRESSION).order_by("-id").first(),
        "age": review.patient.value("age_years"),
        "glance": glance(review.patient),
        "course": at_a_glance.pain_before(patient),
        "curve": _curve(patient, reviewed),
        "story": at_a_glance.story(current),
        "tried": at_a_glance.tried(reviewed),
        "tasks": tasks.of(patient, reviewed, actor(request), now),
        "last_session": patient.sessions.filter(state__in=BEGUN).order_by("scheduled_at").last(),
        "next_session": patient.sessions.filter(state=SessionState.SCHEDULED).order_by("scheduled_at").first(),
        "lines": lines[:LATEST],
        "more": max(len(lines) - LATEST, 0),
        "may_alarm": access.may(actor(request), "acknowledge-alarm", patient),
    }
    return render(request, "front/patient.html", context)


def _curve(patient: Patient, reviewed: record_review.Reviewed) -> SafeString:
    """The average pain over time: of the pain that is in view, where there are several."""
    listed, question = pains.on_record(reviewed.entries), facts.vocabulary()[at_a_glance.AVERAGE_PAIN]
    key = pains.key_in_view(listed, reviewed.review.patient) if len(listed) > 1 else ""
    points = at_a_glance.average_pain(patient, reviewed.entries, key)
    return curve.drawn(points, float(question.min or 0), float(question.max or 0))


@patient_page("personal")
def personal(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Corrects the personal details; the number in the address stays."""
    form = PersonalForm(patient.site.jurisdiction, request.POST or None, instance=patient)
    if request.method == "POST" and form.is_valid():
        fresh = get_object_or_404(Patient, pk=patient.pk)
        patients.correct(by=actor(request), patient=fresh, reason=request.POST.get("reason", ""), **form.cleaned_data)
        messages.success(request, "Corrected; the earlier values are in the audit log.")
        return redirect("patient", patient.pk)
    may_erase = access.may(actor(request), "erase-patient", patient)
    context = {"patient": patient, "tab": "overview", "form": form, "may_erase": may_erase}
    return render(request, "front/personal.html", context)


@patient_page("invite")
def invite(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Makes the link to the first form; its address is shown once."""
    if request.method != "POST":
        return redirect("patient", patient.pk)
    link, token = patients.invite(by=actor(request), patient=patient)
    shown = links.shown(request, f"/i/{token}/", token)
    return render(request, "front/invited.html", {"patient": patient, "tab": "overview", "link": link, **shown})


@patient_page("mail link")
def mail_link(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Sends a link that was just made to the patient's e-mail address."""
    token = request.POST.get("token", "")
    sending.mail(by=actor(request), patient=patient, token=token, address=links.of_token(request, patient, token))
    messages.success(request, f"Sent to {patient.email}.")
    return redirect("patient", patient.pk)


@patient_page("history")
def history(request: HttpRequest, patient: Patient, kind: str, key: str) -> HttpResponse:
    """Every value an item ever had, with who entered it and why it was amended."""
    rows = entries.history(patient, kind, key, request.GET.get("pain", ""))
    context = {
        "patient": patient,
        "tab": "",
        "rows": [(row, import_words.whole(row)) for row in rows],
        "title": import_words.title(kind, key),
    }
    return render(request, "front/history.html", context)


def break_glass(request: HttpRequest, number: int) -> HttpResponse:
    """Emergency access: a reason first."""
    patient = get_object_or_404(Patient, pk=number)
    if request.method == "POST":
        emergency.break_glass(by=actor(request), patient=patient, reason=request.POST.get("reason", ""))
        return redirect("patient", patient.pk)
    if not actor(request).sites_where("break-glass"):
        raise access.Refused(emergency.who_may(patient.site))
    return render(request, "front/break_glass.html", {"number": number, "hours": emergency.GLASS_HOURS})


def see_alarm(request: HttpRequest, alarm: int) -> HttpResponse:
    """Acknowledges an alarm."""
    row = get_object_or_404(Alarm.objects.select_related("patient"), pk=alarm)
    check_whose(request, row.patient)
    patients.acknowledge_alarm(by=actor(request), patient=row.patient, alarm=row, note=request.POST.get("note", ""))
    return redirect(reverse("patient", args=[row.patient_id]))


urls = [
    takes("patients/", patient_list, name="patients"),
    takes("patients/new/", new, name="patient-new"),
    reads("patients/<int:number>/", overview, name="patient"),
    takes("patients/<int:number>/personal/", personal, name="personal"),
    takes("patients/<int:number>/invite/", invite, name="invite"),
    sent("patients/<int:number>/mail-link/", mail_link, name="mail-link"),
    reads("patients/<int:number>/history/<slug:kind>/<written:key>/", history, name="history"),
    takes("patients/<int:number>/break-glass/", break_glass, name="break-glass"),
    sent("alarms/<int:alarm>/seen/", see_alarm, name="see-alarm"),
]
