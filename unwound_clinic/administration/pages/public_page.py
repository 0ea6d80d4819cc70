"""The form of a site's public page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.administration import page_actions
from unwound_clinic.administration.page_form import ClinicPageForm
from unwound_clinic.core import access
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import ClinicPage, Site


def edit(request: HttpRequest, number: int) -> HttpResponse:
    """What the public reads of this site, field by field."""
    site = get_object_or_404(Site, pk=number)
    access.check_at(actor(request), "manage-site", site.pk)
    page = ClinicPage.objects.filter(site=site).first()
    form = ClinicPageForm(page, request.POST or None)
    if request.method == "POST" and form.is_valid():
        page_actions.change(by=actor(request), site=site, **form.values())
        messages.success(request, "Saved." + ("" if form.cleaned_data["shown"] else " It is not shown to the public."))
        return redirect("site-page", site.pk)
    return render(request, "administration/public_page.html", {"site": site, "form": form, "page": page})


urls = [takes("sites/<int:number>/public-page/", edit, name="site-page")]
