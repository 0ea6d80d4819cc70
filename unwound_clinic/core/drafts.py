"""What is typed is kept: a draft of each form, on the server, of the person who types it, until it is saved.

How long it lives is a matter of what it is (`LIVES`): a letter in work is kept until it is finished.
The page sends it while it is typed (`draft.js`); a form that could not be saved, for whatever reason, leaves it too.
A draft is no part of the record and leaves no event; nobody but its writer ever sees it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import Error
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone

from unwound_clinic.core import now_and_then
from unwound_clinic.core.sent_again import WAITED
from unwound_clinic.models import Draft, User

FIELD, CHANGED = "draft", "draft-changed"
"""The names under which a form tells its own key (the address of its page, and which form of the page it is), and which
of its fields were changed: the others are not kept, so that a draft never brings back what a colleague changed since.
"""
USUAL = timedelta(days=7)
"""How long a draft is kept. What is past its time is shown to nobody, and deleted with the first draft of each hour."""
LETTERS = "/patients/{}/letters/new/"
LIVES: tuple[tuple[re.Pattern[str], timedelta | None], ...] = (
    (re.compile(r"/patients/\d+/letters/new/[\w-]+/#"), None),
    (re.compile(r"/sessions/\d+/#"), timedelta(hours=12)),
)
"""What lives longer or shorter, by its key: a letter in work until it is finished, what is charted in a room a day."""
MOST_CHARACTERS = 100_000
KEEPS = "X-Unwound-Keeps-Draft"
"""The header of an answer that leads on and has kept the draft itself, as somebody asked."""
NEVER = frozenset(("csrfmiddlewaretoken", "once", FIELD, CHANGED, "password", "strokes", "sure"))
"""What is not typed, or must not lie anywhere: passwords, signatures, confirmations."""


def save(user: User, key: str, sent: QueryDict) -> Draft | None:
    """Keeps what was changed in a form; nothing where nothing was, or where it is too much for a form."""
    kept = {name: sent.getlist(name) for name in sent.get(CHANGED, "").split() if _is_kept(name)}
    if not kept or sum(len(value) for values in kept.values() for value in values) > MOST_CHARACTERS:
        return None
    return keep(user, key, kept)


def keep(user: User, key: str, fields: Mapping[str, Any]) -> Draft:
    """Keeps these fields under a key, for as long as its kind lives."""
    now = timezone.now()
    life = next((life for kind, life in LIVES if kind.match(key)), USUAL)
    until = None if life is None else now + life
    draft, _ = Draft.objects.update_or_create(
        user=user, key=key[:300], defaults={"fields": dict(fields), "at": now, "until": until}
    )
    if now_and_then.is_due("drafts"):
        Draft.objects.filter(until__lt=now).delete()
    return draft


def living(user: User, beginning: str) -> QuerySet[Draft]:
    """Somebody's drafts whose key begins so, and whose time is not over."""
    still = Q(until=None) | Q(until__gte=timezone.now())
    return Draft.objects.filter(still, user=user, key__startswith=beginning)


def letters_begun(user: User, patient: int) -> dict[str, Draft]:
    """The letters that somebody has begun about a patient, by their kind."""
    beginning = LETTERS.format(patient)
    return {row.key.removeprefix(beginning).partition("/")[0]: row for row in living(user, beginning)}


def move_letters(old: int, new: int, only: Iterable[int] | None = None) -> list[int]:
    """Letters in work follow a record into another one; one that its writer has begun there too stays. Those moved."""
    rows = Draft.objects.filter(key__startswith=LETTERS.format(old))
    moved = []
    for row in rows if only is None else rows.filter(pk__in=list(only)):
        key = row.key.replace(LETTERS.format(old), LETTERS.format(new), 1)
        if not Draft.objects.filter(user=row.user, key=key).exists():
            Draft.objects.filter(pk=row.pk).update(key=key)
            moved.append(row.pk)
    return moved


def of_page(user: User, page: str) -> dict[str, dict[str, Any]]:
    """The drafts of one page: which form -> what was typed, and when."""
    rows = living(user, f"{page}#")
    return {row.key.removeprefix(f"{page}#"): {"fields": row.fields, "at": row.at.isoformat()} for row in rows}


def discard(user: User, key: str) -> None:
    """Forgets the draft of a form."""
    Draft.objects.filter(user=user, key=key).delete()


def _is_kept(name: str) -> bool:
    return name not in NEVER and not name.endswith("password")


class Drafts:
    """The middleware: a form that was saved leaves no draft, one that was not leaves what was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer; afterwards the draft is gone, or is what was sent."""
        response = self.get_response(request)
        if request.method != "POST" or "form" not in (request.content_type or ""):
            return response
        key, user = request.POST.get(FIELD, ""), request.user
        if key and isinstance(user, User) and not request.path.startswith(reverse("drafts")):
            with suppress(Error):  # a database that is away is said by the answer itself
                if KEEPS in response:
                    pass
                elif _saved(response) or (WAITED in request.headers and response.status_code == 200):
                    discard(user, key)
                else:
                    save(user, key, request.POST)
        return response


def _saved(response: HttpResponse) -> bool:
    """Whether a form was taken: it leads on, and not to a page that asks who one is."""
    target = response.get("Location", "")
    return response.status_code in (302, 303) and not target.startswith((reverse("unlock"), reverse("account_login")))
