"""The secret link by which somebody's own calendar reads appointments: made, and made to stop."""

from __future__ import annotations

from django.utils import timezone

from unwound_clinic.core import access
from unwound_clinic.core.access import Staff
from unwound_clinic.core.action import Conflict, action, audit_event
from unwound_clinic.models import Feed, hash_of, link_token


@action(None, again=True)  # one's own calendar, with what one may see anyway
def make_feed(*, by: Staff, only_mine: bool) -> str:
    """A new link, and its token (never stored); the one before stops working."""
    if not by.sites_where("schedule-session"):
        raise access.Refused("a calendar of appointments requires a role in patient care")
    now = timezone.now()
    by.user.feeds.filter(revoked_at=None).update(revoked_at=now)
    token = link_token()
    Feed.objects.create(user=by.user, token_hash=hash_of(token), only_mine=only_mine, made_at=now)
    audit_event(by, "calendar.link", holds="sessions that they supervise" if only_mine else "all sessions")
    return token


@action(None)  # one's own calendar
def stop_feed(*, by: Staff) -> None:
    """The link no longer works. Conflict where there is none."""
    if not by.user.feeds.filter(revoked_at=None).update(revoked_at=timezone.now()):
        raise Conflict("there is no link that works")
    audit_event(by, "calendar.link-revoked")
