"""Whose turn it is: which roles do the next step of a patient, so that today's list begins with one's own work."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from unwound_clinic.core.access import ANAESTHESIA, CARE, COORDINATOR, NURSE, PHYSICIAN, Staff
from unwound_clinic.models import Membership, Role, Stage

NEXT: Mapping[Stage, frozenset[Role]] = {
    Stage.REGISTERED: frozenset({COORDINATOR}),
    Stage.INTAKE: frozenset({COORDINATOR}),
    Stage.CONSULTATION: frozenset({PHYSICIAN}),
    Stage.DECISION: frozenset({PHYSICIAN}),
    Stage.FIRST_LINE: frozenset({PHYSICIAN}),
    Stage.DECLINED: frozenset({PHYSICIAN}),
    Stage.CONSENT: CARE,
    Stage.PLAN: frozenset({PHYSICIAN}),
    Stage.SECOND_CHECK: frozenset({ANAESTHESIA, NURSE}),
    Stage.READY: frozenset({ANAESTHESIA, NURSE, COORDINATOR}),
    Stage.TREATMENT: frozenset({ANAESTHESIA, NURSE, COORDINATOR}),
    Stage.FOLLOW_UP: frozenset({NURSE, COORDINATOR}),
}
"""Stage -> the roles that do what comes next."""


def of(by: Staff) -> Q:
    """The patients whose next step is one of a person's roles, or of a role that nobody has at their site."""
    whose = Q(pk=None)
    for site in by.sites_where("see-patients"):
        held = set(Membership.objects.filter(site=site, user__is_active=True).values_list("role", flat=True))
        stages = [stage for stage, roles in NEXT.items() if roles & by.roles[site] or not roles & held]
        whose |= Q(site=site, stage__in=stages)
    return whose
