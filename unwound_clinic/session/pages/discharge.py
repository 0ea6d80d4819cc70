"""Before the patient leaves: open requirements, the controlled drug, the page «when to call», and discharge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from unwound import consents, instruments, languages
from unwound.session import gates
from unwound.session.gates import GateName
from unwound.session.giving import Balance, DrugStep
from unwound.session.states import SessionState
from unwound_clinic.core import access, speaking
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.forms import SignForm
from unwound_clinic.core.page import actor
from unwound_clinic.models import InfusionSession
from unwound_clinic.models.session import ClinicEvent
from unwound_clinic.session import drug_balance, order, screen, times, translate, watching
from unwound_clinic.session import gates as session_gates
from unwound_clinic.session.actions import controlled_drug, discharge
from unwound_clinic.session.forms import DrawingWitnessForm, LeavingForm, SecondPersonForm, VialForm
from unwound_clinic.session.pages.common import session_page
from unwound_clinic.session.pages.preparation import items
from unwound_clinic.treatment import current as treatment_current


@session_page("before leaving")
def before_leaving(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Every requirement, the form that answers it, and the discharge with the password."""
    if row.state != SessionState.RECOVERING:
        return redirect("session", row.pk)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    rows = times.events_of(row)
    tomorrow = timezone.now().astimezone(row.site.zone).date() + timedelta(days=1)
    answers = translate.latest_values(rows, ClinicEvent.LEAVING)
    escort = translate.latest_values(rows, ClinicEvent.TODAY).get("driver", "")
    form = LeavingForm(
        request.POST if do == "leaving" else None, initial={"next_call": tomorrow, **answers}, escort=escort
    )
    sign = SignForm(request, request.POST if do == "discharge" else None)
    arguments: dict[str, Any] = {"by": actor(request), "patient": row.patient, "session": row}
    if do == "leaving" and form.is_valid():
        discharge.before_leaving(**arguments, answers=form.answers())
        return redirect("session-leave", row.pk)
    if do == "override":
        requirement, reason = request.POST.get("requirement", ""), request.POST.get("reason", "")
        discharge.override(**arguments, gate=GateName.LEAVE, requirement=requirement, reason=reason)
        return redirect("session-leave", row.pk)
    if do == "discharge" and sign.is_valid():
        discharge.discharge(**arguments)
        messages.success(request, f"{row.patient.full_name} discharged. The follow-up call is due as planned.")
        return redirect("session-record", row.pk)
    passage = session_gates.leave(row)
    context = {
        "session": row, "patient": row.patient, "site": row.site, "place": "leave", "form": form, "sign": sign,
        "passage": passage, "items": items(gates.gate(GateName.LEAVE), passage, row),
        "instruments": [instruments.instrument(id) for id in ("aldrete", "padss")],
        "may_override": access.may(actor(request), "override-discharge", row.patient),
        "may_run": access.may(actor(request), "run-session", row.patient),
    }  # fmt: skip
    return render(request, "session/discharge.html", context)


@session_page("controlled drug")
def drug(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """Drawn up, given, wasted or returned before a witness, handed over; and whether it is reconciled."""
    do = request.POST.get("do", "") if request.method == "POST" else ""
    forms = {
        "vial": VialForm(row.site, request.POST if do == DrugStep.DRAWN else None, prefix="vial"),
        "witness": SecondPersonForm(request, row.site, request.POST if do in controlled_drug.WITNESSED else None),
        "watched": DrawingWitnessForm(
            request, row.site, request.POST if do == DrugStep.DRAWN else None, prefix="watched"
        ),
        "taker": SecondPersonForm(request, row.site, request.POST if do == "hand-over" else None, prefix="taker"),
    }
    if do and all(form.is_valid() for form in forms.values() if form.is_bound):
        _charted(request, row, do, forms)
        messages.success(request, "Charted.")
        return redirect("session-drug", row.pk)
    live = watching.live(row)
    lots = drug_balance.lots(live.rows)
    balance = session_gates.balance(row, live)
    context = {
        "session": row, "patient": row.patient, "site": row.site, "place": "drug", **forms,
        "lots": lots, "balance": balance,
        "in_use": row.ended_at is None and _only_in_use(balance), "pump": screen.pump(row, live),
        "drug": order.drug(row), "last": lots[-1] if lots else None, "typed": request.POST,
        "may_run": access.may(actor(request), "run-session", row.patient) and row.state != SessionState.SCHEDULED,
    }  # fmt: skip
    return render(request, "session/controlled_drug.html", context)


def _only_in_use(balance: Balance) -> bool:
    """Whether all that is wrong is that something is not accounted for yet: it is in the syringe meanwhile."""
    differences = balance.difference_mg.values()
    only = len(balance.closes.because) == len(differences)
    return balance.closes.holds is False and only and all(amount > 0 for amount in differences)


def _charted(request: HttpRequest, row: InfusionSession, do: str, forms: Mapping[str, Any]) -> None:
    """One step of the controlled drug, as the button says."""
    by, patient, typed = actor(request), row.patient, request.POST
    reason = typed.get("reason", "")
    if do == "hand-over":
        taker = forms["taker"].cleaned_data["confirmed"]
        left_ml = typed.get("left_ml", "")
        controlled_drug.hand_over(by=by, patient=patient, session=row, taker=taker, left_ml=left_ml, reason=reason)
    elif do == "explain":
        informed = typed.get("informed", "")
        controlled_drug.explain(by=by, patient=patient, session=row, reason=reason, informed=informed)
    elif do in controlled_drug.WHAT:
        vial, witness = forms["vial"], forms["watched" if do == DrugStep.DRAWN else "witness"]
        seen_by = witness.cleaned_data if witness.is_bound else {}
        controlled_drug.account(
            by=by, patient=patient, session=row, what=DrugStep(do), lot=typed.get("lot", ""),
            drug=typed.get("drug", ""), mg=typed.get("mg", ""), ml=typed.get("vial-ml", ""),
            vial=vial.vial() if vial.is_bound else None,
            witness=seen_by.get("confirmed"), alone=seen_by.get("alone", ""),
        )  # fmt: skip
    else:
        raise Conflict("unknown step of the controlled drug")


@session_page("when to call")
def when_to_call(request: HttpRequest, row: InfusionSession) -> HttpResponse:
    """The page that goes home with the patient, to print."""
    _, text = consents.consent_for(treatment_current.aim_of(row.plan.protocol))
    sections = [section for section in (*text.sections, *text.after) if section.goes_home]
    language = speaking.chosen_by(row.patient)
    call = translate.latest_values(times.events_of(row), ClinicEvent.LEAVING).get("next_call")
    context = {
        "session": row, "patient": row.patient, "site": row.site, "place": "call", "sections": sections,
        "note": consents.NOTE, "next_call": date.fromisoformat(call) if call else None, "spoken": language,
        "translated": [languages.translated(section, language) for section in sections] if language else [],
        "unsigned": speaking.unsigned(language, "when_to_call") if language else False,
    }  # fmt: skip
    return render(request, "session/when_to_call.html", context)


urls = [
    takes("sessions/<int:number>/leave/", before_leaving, name="session-leave"),
    takes("sessions/<int:number>/drug/", drug, name="session-drug"),
    reads("sessions/<int:number>/when-to-call/", when_to_call, name="session-when-to-call"),
]
