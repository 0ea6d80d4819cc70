"""The steps of the checklist that are done on the first page: a test mail, and what a person says is done."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from unwound_clinic.administration import actions, checklist
from unwound_clinic.core import access
from unwound_clinic.core.addresses import sent
from unwound_clinic.core.page import actor
from unwound_clinic.models import Site


def _site(request: HttpRequest) -> Site:
    site = Site.objects.filter(pk__in=actor(request).sites_where("manage-site")).order_by("pk").first()
    if site is None:
        raise access.Refused("setting up the clinic requires the role of administrator")
    return site


def test_mail(request: HttpRequest) -> HttpResponse:
    """Sends a mail to who asks for it, and says what the server answered."""
    by = actor(request)
    answer = actions.send_test_mail(by=by, site=_site(request))
    if answer:
        messages.error(request, f"The mail was not taken: {answer}")
    else:
        messages.success(request, f"The server took a mail to {by.user.email}: see that it arrives.")
    return redirect("home")


def tick(request: HttpRequest, step: str) -> HttpResponse:
    """Notes that a step is done, by whom and how."""
    site = _site(request)
    if step not in checklist.TICKED:
        raise Http404("no such step")
    actions.tick(by=actor(request), site=site, step=step, note=request.POST.get("note", ""))
    messages.success(request, f"{checklist.TICKED[step]}: noted.")
    return redirect("home")


urls = [
    sent("set-up/mail/", test_mail, name="set-up-mail"),
    sent("set-up/<slug:step>/", tick, name="set-up-tick"),
]
