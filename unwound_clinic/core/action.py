"""The one way to write: an action checks the permission, runs in one transaction and leaves an audit event."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from unwound_clinic.core import access, audit, numbers, once, seals
from unwound_clinic.core.access import Actor
from unwound_clinic.models import AuditEvent, Patient, Site

P = ParamSpec("P")
R = TypeVar("R")
_events: ContextVar[list[AuditEvent] | None] = ContextVar("events", default=None)
"""The audit events of the action under way; None outside any action."""


class Conflict(Exception):
    """The action is not possible in the present state; the message says why, and nothing was changed."""


def action(permission: str | None, *, again: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Makes a function an action. It is called with keywords: `by=`, and `patient=` or `site=`.

    The permission is checked first; then everything is written together with its audit event, or nothing is. With
    `None` in place of a permission the function itself checks who may call it. A form that is sent twice runs it once,
    unless it is one to do `again`: its answer holds what cannot be shown a second time.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def run_action(*args: P.args, **kwargs: P.kwargs) -> R:
            by, patient, site = _subject(kwargs)
            with once.taken_back_when_refused(), transaction.atomic():
                if permission is None:
                    pass
                elif patient is not None:
                    access.check(by, permission, patient)
                elif site is not None:
                    access.check_at(by, permission, site.pk)
                if not again and not under_way():
                    once.claim()
                token, noted = _events.set([]), seals.begin()
                try:
                    result = function(*args, **kwargs)
                    events = _events.get()
                    if not events:
                        raise RuntimeError(f"{function.__name__} left no event in the audit chain")
                    if rows := seals.noted():
                        audit.seal_rows(events[-1], seals.of(rows))
                finally:
                    _events.reset(token)
                    seals.end(noted)
            return result

        run_action.permission = permission  # type: ignore[attr-defined]
        return run_action

    return wrap


def part_of_action(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function a part of actions: outside one it raises, because no permission was checked there."""

    @functools.wraps(function)
    def run_within_action(*args: P.args, **kwargs: P.kwargs) -> R:
        if not under_way():
            raise RuntimeError(f"{function.__name__} is part of an action, and none is under way")
        return function(*args, **kwargs)

    run_within_action.part_of_an_action = True  # type: ignore[attr-defined]
    return run_within_action


def typed_number(typed: str, lowest: float | None = None, highest: float | None = None, unit: str = "") -> float:
    """The number typed, with a point or a comma. Conflict for what is not a number within the ends, or may be two."""
    try:
        return numbers.read(typed, lowest, highest, unit)
    except ValueError as refused:
        raise Conflict(str(refused).rstrip(".")) from None


def under_way() -> bool:
    """Whether an action is under way; outside one nothing of the clinic's record is written."""
    return _events.get() is not None


def audit_event(
    by: Actor, what: str, *, patient: Patient | None = None, site: Site | None = None, **detail: object
) -> None:
    """Appends the audit event of an action: who did what, about which patient or site, with details as text."""
    account = access.account(by)
    event = audit.append(
        who=by.name,
        user_id=account.pk if account else None,
        action=what,
        patient_id=patient.pk if patient else None,
        site_id=patient.site_id if patient else site.pk if site else None,
        detail={name: str(value) for name, value in detail.items()},
    )
    events = _events.get()
    if events is not None:
        events.append(event)


def _subject(kwargs: dict[str, Any]) -> tuple[Actor, Patient | None, Site | None]:
    """Who acts, and about which patient or site."""
    return kwargs["by"], kwargs.get("patient"), kwargs.get("site")
