"""What today's page says of the months after: whom to call, and answers to read."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from unwound_clinic.core import seen
from unwound_clinic.core.access import Staff
from unwound_clinic.follow_up import run, schedule, surveillance

register = template.Library()
SHOWN = 50


@register.inclusion_tag("follow_up/today.html")
def asking_today(by: Any) -> dict[str, Any]:
    """The call list and the answers to read, at the sites where somebody may call; nothing for anybody else."""
    sites = by.sites_where("follow-up") if isinstance(by, Staff) else ()
    if not sites:
        return {}
    now = timezone.now()
    to_call, to_read = schedule.call_list(sites, now), schedule.to_read(sites)
    watch = surveillance.due(sites, now)
    shown = [row.patient for rows in (watch, to_call, to_read) for row in rows[:SHOWN]]
    if shown:
        seen.listed(by=by, patients=shown, page="calls after a course")
    return {
        "to_call": to_call[:SHOWN],
        "calls": len(to_call),
        "to_read": to_read[:SHOWN],
        "answers": len(to_read),
        "watch": watch[:SHOWN],
        "watched": len(watch),
        "late": run.is_late(now),
    }
