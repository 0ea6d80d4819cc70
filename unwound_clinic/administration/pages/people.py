"""Accounts and sites, for the administrator."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path

from unwound_clinic.administration import actions
from unwound_clinic.administration.forms import HelpForm, PersonForm, SiteForm
from unwound_clinic.core import access
from unwound_clinic.core.page import actor
from unwound_clinic.models import Membership, Site, User


def _site(request: HttpRequest, number: int, permission: str) -> Site:
    access.check_at(actor(request), permission, number)
    return get_object_or_404(Site, pk=number)


def people(request: HttpRequest) -> HttpResponse:
    """The people of every site one administers."""
    sites = Site.objects.filter(pk__in=actor(request).sites_where("manage-people")).prefetch_related(
        "memberships__user"
    )
    if not sites:
        raise access.Refused("«manage people» needs the role of an administrator")
    return render(request, "administration/people.html", {"sites": sites, "form": PersonForm()})


def give(request: HttpRequest, number: int) -> HttpResponse:
    """Gives somebody a role."""
    site = _site(request, number, "manage-people")
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = actions.give_role(
            by=actor(request),
            site=site,
            email=given["email"],
            name=given["name"],
            role=given["role"],
            password=given["password"] or None,
        )
        messages.success(request, f"{user.name} is now {given['role'].replace('-', ' ')} at {site.name}.")
        return redirect("people")
    return render(request, "administration/person.html", {"site": site, "form": form})


def take(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """Takes somebody's role."""
    site = _site(request, number, "manage-people")
    found = get_object_or_404(User, pk=user, memberships__site=site)
    if request.method == "POST":
        actions.take_role(by=actor(request), site=site, user=found)
        messages.success(request, f"{found.name} has no role at {site.name} any more.")
    return redirect("people")


def help_back_in(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """A new first password for somebody who lost theirs."""
    site = _site(request, number, "manage-people")
    found = get_object_or_404(User, pk=user, memberships__site=site)
    form = HelpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.help_back_in(by=actor(request), site=site, user=found, **form.cleaned_data)
        messages.success(request, f"{found.name} can log in with the new password; other sessions have ended.")
        return redirect("people")
    return render(request, "administration/person_help.html", {"site": site, "person": found, "form": form})


def site(request: HttpRequest, number: int) -> HttpResponse:
    """Name, zone, letterhead of a site."""
    found = _site(request, number, "manage-site")
    form = SiteForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        fresh = get_object_or_404(Site, pk=number)
        actions.change_site(by=actor(request), site=fresh, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("people")
    return render(request, "administration/site.html", {"site": found, "form": form})


def mine(request: HttpRequest) -> HttpResponse:
    """One's own account: password, second factor, sessions."""
    roles = Membership.objects.filter(user=actor(request).user).select_related("site")
    return render(request, "administration/mine.html", {"roles": roles})


urls = [
    path("people/", people, name="people"),
    path("people/<int:number>/give/", give, name="give-role"),
    path("people/<int:number>/take/<int:user>/", take, name="take-role"),
    path("people/<int:number>/help/<int:user>/", help_back_in, name="help-back-in"),
    path("sites/<int:number>/", site, name="site"),
    path("mine/", mine, name="mine"),
]
