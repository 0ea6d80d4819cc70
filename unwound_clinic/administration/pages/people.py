"""Accounts and sites, for the administrator."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.administration import actions, resets
from unwound_clinic.administration.forms import HelpForm, PersonForm, PinForm, SiteForm
from unwound_clinic.core import access, logins, notices
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import Membership, Site, User, role_title


def _site(request: HttpRequest, number: int, permission: str) -> Site:
    access.check_at(actor(request), permission, number)
    return get_object_or_404(Site, pk=number)


def people(request: HttpRequest) -> HttpResponse:
    """The people of every site that the user administers."""
    sites = Site.objects.filter(pk__in=actor(request).sites_where("manage-people")).prefetch_related(
        "memberships__user"
    )
    if not sites:
        raise access.Refused("managing accounts requires the role of administrator")
    return render(request, "administration/people.html", {"sites": sites, "form": PersonForm()})


def give(request: HttpRequest, number: int) -> HttpResponse:
    """Assigns a role to a person."""
    site = _site(request, number, "manage-people")
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _give(actor(request), site, form.cleaned_data)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            title = role_title(form.cleaned_data["role"], site.jurisdiction)
            messages.success(request, f"{user.name} now has the role of {title} at {site.name}.")
            return redirect("people")
    return render(request, "administration/person.html", {"site": site, "form": form})


def _give(by: Staff, site: Site, fields: dict[str, Any]) -> User:
    """Assigns the role; one that the person has already is replaced where that is said."""
    here = Membership.objects.filter(user__email=fields["email"].lower(), site=site)
    present = here.values_list("role", flat=True).first()
    return actions.give_role(
        by=by, site=site, email=fields["email"], name=fields["name"], role=fields["role"],
        password=fields["password"] or None, instead_of=present if fields["replace"] else None,
    )  # fmt: skip


def take(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """Removes a person's role."""
    site = _site(request, number, "manage-people")
    person = get_object_or_404(User, pk=user, memberships__site=site)
    if request.method == "POST":
        actions.take_role(by=actor(request), site=site, user=person)
        messages.success(request, f"{person.name} no longer has a role at {site.name}.")
    return redirect("people")


def help_back_in(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """Sets a new first password for a user who lost theirs."""
    site = _site(request, number, "manage-people")
    person = get_object_or_404(User, pk=user, memberships__site=site)
    left = resets.outside(actor(request), person)
    form = HelpForm(request, person, left, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.help_back_in(by=actor(request), site=site, user=person, **form.cleaned_data)
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            messages.success(request, f"{person.name} can log in with the new password; other sessions were ended.")
            return redirect("people")
    context = {"site": site, "person": person, "form": form, "two": bool(left)}
    return render(request, "administration/person_help.html", context)


def site(request: HttpRequest, number: int) -> HttpResponse:
    """The details of a site: name, time zone, jurisdiction, telephone, letterhead."""
    shown = _site(request, number, "manage-site")
    form = SiteForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        stored = get_object_or_404(Site, pk=number)  # the form has changed its own instance already
        actions.change_site(by=actor(request), site=stored, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("people")
    return render(request, "administration/site.html", {"site": shown, "form": form})


def mine(request: HttpRequest) -> HttpResponse:
    """The user's own account: roles, password, second factor, logins."""
    roles = Membership.objects.filter(user=actor(request).user).select_related("site")
    user = actor(request).user
    context = {"roles": roles, "events": logins.of_account(user), "notices": notices.of_account(user)}
    return render(request, "administration/mine.html", {**context, "site": roles[0].site if roles else None})


def pin(request: HttpRequest) -> HttpResponse:
    """Sets or removes the PIN that opens the user's locked screen again; the password is asked for."""
    form = PinForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_pin(by=actor(request), pin=form.cleaned_data["pin"])
        messages.success(request, "PIN set." if form.cleaned_data["pin"] else "PIN removed.")
        return redirect("mine")
    return render(request, "administration/pin.html", {"form": form})


urls = [
    takes("mine/pin/", pin, name="pin"),
    reads("people/", people, name="people"),
    takes("people/<int:number>/give/", give, name="give-role"),
    takes("people/<int:number>/take/<int:user>/", take, name="take-role"),
    takes("people/<int:number>/help/<int:user>/", help_back_in, name="help-back-in"),
    takes("sites/<int:number>/", site, name="site"),
    reads("mine/", mine, name="mine"),
]
