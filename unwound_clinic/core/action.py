"""What makes a function an action: permission, transaction, event."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from django.db import transaction

from unwound_clinic.core import access, audit
from unwound_clinic.core.access import Actor
from unwound_clinic.models import AuditEvent, Patient, Site

P = ParamSpec("P")
R = TypeVar("R")
_left: ContextVar[list[AuditEvent] | None] = ContextVar("left", default=None)


class Conflict(Exception):
    """The action does not fit the state things are in; the message says what, and nothing was changed."""


def action(permission: str | None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that writes: keyword-only, with `by=` and `patient=` or `site=`; refused, whole, or not at all.

    Without a permission the function itself says who may.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def acting(*args: P.args, **given: P.kwargs) -> R:
            by, patient, site = _asked(given)
            with transaction.atomic():
                if permission is None:
                    pass
                elif patient is not None:
                    access.check(by, permission, patient)
                elif site is not None:
                    access.check_at(by, permission, site.pk)
                token = _left.set([])
                try:
                    result = function(*args, **given)
                    if not _left.get():
                        raise RuntimeError(f"{function.__name__} left no event in the audit chain")
                finally:
                    _left.reset(token)
            return result

        acting.permission = permission  # type: ignore[attr-defined]
        return acting

    return wrap


def part_of_action(function: Callable[P, R]) -> Callable[P, R]:
    """A part of actions: outside one it refuses, for there nobody has asked who may, and no event is left."""

    @functools.wraps(function)
    def within(*args: P.args, **given: P.kwargs) -> R:
        if not under_way():
            raise RuntimeError(f"{function.__name__} is part of an action, and none is under way")
        return function(*args, **given)

    within.part_of_an_action = True  # type: ignore[attr-defined]
    return within


def under_way() -> bool:
    """Whether an action is under way: nothing of the clinic's record is written otherwise."""
    return _left.get() is not None


def audit_event(
    by: Actor, what: str, *, patient: Patient | None = None, site: Site | None = None, **detail: object
) -> None:
    """The event of an action: what, about whom, and the details as text."""
    account = access.account(by)
    event = audit.append(
        who=by.name,
        user_id=account.pk if account else None,
        action=what,
        patient_id=patient.pk if patient else None,
        site_id=patient.site_id if patient else site.pk if site else None,
        detail={name: str(value) for name, value in detail.items()},
    )
    left = _left.get()
    if left is not None:
        left.append(event)


def _asked(given: dict[str, Any]) -> tuple[Actor, Patient | None, Site | None]:
    return given["by"], given.get("patient"), given.get("site")
