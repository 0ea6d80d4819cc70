"""Who reads the answers of a site's patients, and when."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.core import access
from unwound_clinic.core.addresses import takes
from unwound_clinic.core.page import actor
from unwound_clinic.follow_up.actions import agreement
from unwound_clinic.follow_up.forms import ReadingForm
from unwound_clinic.models import Reading, Site


def reading(request: HttpRequest, number: int) -> HttpResponse:
    """The two sentences that patients read before they answer."""
    site = get_object_or_404(Site, pk=number)
    access.check_at(actor(request), "manage-site", site.pk)
    form = ReadingForm(request.POST or None, instance=Reading.objects.filter(site=site).first(), label_suffix="")
    if request.method == "POST" and form.is_valid():
        agreement.say_who_reads(by=actor(request), site=site, **form.cleaned_data)
        messages.success(request, "Saved. Patients read it before they answer.")
        return redirect("follow-up-site", site.pk)
    return render(request, "follow_up/site.html", {"site": site, "form": form})


urls = [takes("sites/<int:number>/follow-up/", reading, name="follow-up-site")]
