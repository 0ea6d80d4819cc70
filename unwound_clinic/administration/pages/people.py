"""Accounts and sites, for the administrator."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from unwound_clinic.administration import actions, resets
from unwound_clinic.administration.forms import HelpForm, OpeningForm, PersonForm, PinForm, SiteForm
from unwound_clinic.administration.places import PlaceForm
from unwound_clinic.core import access, logins, notices
from unwound_clinic.core.action import Conflict
from unwound_clinic.core.addresses import reads, takes
from unwound_clinic.core.page import actor
from unwound_clinic.models import Membership, Role, Site, User, role_title


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
            user = actions.give_role(
                by=actor(request), site=site, **{**form.cleaned_data, "password": form.cleaned_data["password"] or None}
            )
        except Conflict as reason:
            form.add_error(None, f"{str(reason)[:1].upper()}{str(reason)[1:]}.")
        else:
            title = role_title(form.cleaned_data["role"], site.jurisdiction)
            messages.success(request, f"{user.name} now has the role of {title} at {site.name}.")
            return redirect("people")
    return render(request, "administration/person.html", {"site": site, "form": form})


def take(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """Removes a role of a person."""
    site = _site(request, number, "manage-people")
    person = get_object_or_404(User.objects.filter(memberships__site=site).distinct(), pk=user)
    if request.method == "POST":
        role = request.POST.get("role", "")
        actions.take_role(by=actor(request), site=site, user=person, role=role)
        lost = f"the role of {role_title(role, site.jurisdiction)}" if role in Role.values else "a role"
        messages.success(request, f"{person.name} no longer has {lost} at {site.name}.")
    return redirect("people")


def help_back_in(request: HttpRequest, number: int, user: int) -> HttpResponse:
    """Sets a new first password for a user who lost theirs."""
    site = _site(request, number, "manage-people")
    person = get_object_or_404(User.objects.filter(memberships__site=site).distinct(), pk=user)
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
    """The details of a site: name, country, time zone, numbers to call, letterhead."""
    shown = _site(request, number, "manage-site")
    form = SiteForm(request.POST or None, instance=shown)
    if request.method == "POST" and form.is_valid():
        stored = get_object_or_404(Site, pk=number)  # the form has changed its own instance already
        actions.change_site(by=actor(request), site=stored, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("people")
    return render(request, "administration/site.html", {"site": shown, "form": form})


def opening(request: HttpRequest, number: int) -> HttpResponse:
    """When the site gives infusions: beds and chairs, weekdays, closed days."""
    shown = _site(request, number, "manage-site")
    form = OpeningForm(shown, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.change_opening(by=actor(request), site=shown, **form.cleaned_data)
        messages.success(request, "Saved. What is scheduled already stays where it is.")
        return redirect("people")
    return render(request, "administration/opening.html", {"site": shown, "form": form})


def add_site(request: HttpRequest) -> HttpResponse:
    """Another site, by an administrator of one."""
    by = actor(request)
    beside = Site.objects.filter(pk__in=by.sites_where("manage-site")).order_by("pk").first()
    if beside is None:
        raise access.Refused("adding a site requires the role of administrator")
    form = PlaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = actions.add_site(by=by, site=beside, **form.place())
        messages.success(request, f"{added.name} was added; you are its administrator.")
        return redirect("people")
    return render(request, "administration/site_new.html", {"form": form})


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
    takes("sites/new/", add_site, name="site-new"),
    takes("sites/<int:number>/", site, name="site"),
    takes("sites/<int:number>/opening/", opening, name="site-opening"),
    reads("mine/", mine, name="mine"),
]
