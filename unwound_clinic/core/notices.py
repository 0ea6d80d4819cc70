"""What somebody else changed about an account: its owner is told by mail, at log-in, and under «my account»."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account import signals as accounts
from django.contrib import messages
from django.core import mail
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from unwound import record
from unwound_clinic.core.action import part_of_action
from unwound_clinic.models import Notice, User

SUBJECT = "Your account at the clinic was changed"
SHOWN_FOR = timedelta(days=14)


@part_of_action
def tell(user: User, text: str) -> None:
    """Keeps the notice, and sends it."""
    Notice.objects.create(user=user, at=timezone.now(), text=text)
    send(user, SUBJECT, text)


def send(user: User, subject: str, text: str) -> None:
    """Mail to somebody of the clinic once everything is written; mail that fails keeps nobody from their work."""
    transaction.on_commit(lambda: mail.send_mail(subject, f"{text}\n", None, [user.email], fail_silently=True))


def of_account(user: User) -> list[Notice]:
    """The notices of an account, the newest first."""
    return list(Notice.objects.filter(user=user).order_by("-id")[:20])


def connect() -> None:
    """Begins to listen; called once, when the application starts."""
    accounts.user_logged_in.connect(_show)


def _show(sender: Any, request: HttpRequest, user: User, **_: object) -> None:
    """At every log-in for two weeks: the first one after a change need not be the owner's."""
    for notice in Notice.objects.filter(user=user, at__gt=timezone.now() - SHOWN_FOR).order_by("id"):
        messages.warning(request, f"{record.day(notice.at)}: {notice.text}")
