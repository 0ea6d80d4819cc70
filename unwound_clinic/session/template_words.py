"""Times of a session in the site's zone: the clock alone where the day is plain."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from unwound_clinic.session import words

register = template.Library()
MARKS = {"infusing": "▶", "paused": "❚❚", "recovering": "■"}
"""State of a session -> its shape, beside the word."""


@register.filter
def clock(moment: datetime | None, site: Any) -> str:
    """«14:05:09»."""
    return "" if moment is None else f"{moment.astimezone(site.zone):%H:%M:%S}"


@register.filter
def hour(moment: datetime | None, site: Any) -> str:
    """«14:05»."""
    return "" if moment is None else f"{moment.astimezone(site.zone):%H:%M}"


@register.filter
def day(moment: datetime, site: Any) -> str:
    """«21 Nov»: in a table at the first time of each day."""
    return f"{moment.astimezone(site.zone):%-d %b}"


@register.filter
def anaesthesia_provider(site: Any) -> str:
    """«anaesthetist» at a UK site."""
    return words.anaesthesia_provider(site)


@register.filter
def event_title(kind: str) -> str:
    """«infusion resumed»."""
    return words.event_title(kind)


@register.filter
def state_title(state: str) -> str:
    """«checked in»; «discontinued» for an aborted session."""
    return words.state_title(state)


@register.filter
def state_mark(state: str) -> str:
    """The shape of a session's state: «▶» while the infusion runs."""
    return MARKS.get(state, "○")


@register.filter
def drawn(svg: str) -> SafeString:
    """A picture that this program drew itself; nothing typed is in it but escaped words."""
    return mark_safe(svg)
