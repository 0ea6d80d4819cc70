"""Who may do what: one table. `may_` answers, `check` refuses with the reason.

A person has one role at each of their sites, and everything belongs to a site. A patient acts through a link of their
own and reaches nothing but their own forms; a device sends readings to its site, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from unwound_clinic.models import BreakGlass, ConsentOffer, IntakeLink, Membership, Patient, Role, User

PHYSICIAN, ANAESTHESIA, NURSE = Role.PHYSICIAN, Role.ANAESTHESIA, Role.NURSE
COORDINATOR, ADMINISTRATOR, AUDITOR = Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR
CARE = frozenset({PHYSICIAN, ANAESTHESIA, NURSE})
TEAM = CARE | {COORDINATOR}

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "see-patients": TEAM,
    "see-medical-record": TEAM,
    "register-patient": TEAM,
    "invite-patient": TEAM,
    "record-facts": CARE,
    "acknowledge-alarm": CARE,
    "sign-decision": frozenset({PHYSICIAN}),
    "write-letter": frozenset({PHYSICIAN, COORDINATOR}),
    "take-consent": CARE,
    "withdraw-consent": TEAM,
    "order-plan": frozenset({PHYSICIAN}),
    "check-plan": CARE,
    "schedule-session": TEAM,
    "run-session": CARE,
    "watch-sessions": CARE,
    "override-discharge": frozenset({PHYSICIAN}),
    "assign-devices": CARE | {ADMINISTRATOR},
    "break-glass": frozenset({PHYSICIAN, ANAESTHESIA}),
    "manage-people": frozenset({ADMINISTRATOR}),
    "manage-site": frozenset({ADMINISTRATOR}),
    "read-audit": frozenset({AUDITOR}),
}
"""Permission -> the roles that have it."""

OWN = frozenset({"fill-own-intake", "sign-own-consent"})
"""What a patient may do, about themselves alone."""

OF_DEVICES = frozenset({"send-readings"})
"""What a monitor, or the listener that hears monitors, may do at its site, and nothing else."""

IN_EMERGENCY = frozenset({"see-patients", "see-medical-record"})
"""What break-glass opens: reading, never writing."""


class Refused(Exception):
    """Someone asked for what is not theirs; the message says what and why."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff with the role they have at each of their sites."""

    name: str
    user: User
    roles: Mapping[int, str]
    """Site id -> role."""

    @property
    def sites(self) -> tuple[int, ...]:
        """The sites where they have a role."""
        return tuple(self.roles)

    def sites_where(self, permission: str) -> tuple[int, ...]:
        """The sites where their role has the permission."""
        return tuple(site for site, role in self.roles.items() if role in PERMISSIONS[permission])


@dataclass(frozen=True, slots=True)
class PatientLink:
    """A patient who came through a link of their own."""

    patient_id: int
    name: str = "the patient"


@dataclass(frozen=True, slots=True)
class Device:
    """A monitor, or the listener that hears monitors, at its site."""

    name: str
    site_id: int


@dataclass(frozen=True, slots=True)
class Program:
    """A command at the terminal of the clinic's own machine: it has no permission, and its events name it."""

    name: str


Actor = Staff | PatientLink | Device | Program
"""Who does something. Each kind has only the fields that belong to it."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """That a person gave their own password just now, beside whoever acts: made by the form that checked it alone."""

    user: User


def of(user: User) -> Staff:
    """A member of staff with the roles they have now."""
    roles = dict(Membership.objects.filter(user=user).values_list("site_id", "role"))
    return Staff(user.name, user, roles if user.is_active else {})


def of_link(link: IntakeLink | ConsentOffer) -> PatientLink:
    """The patient a link was made for."""
    return PatientLink(link.patient_id)


def account(actor: Actor) -> User | None:
    """The account of whoever acts; only staff have one."""
    return actor.user if isinstance(actor, Staff) else None


def may_at(actor: Actor, permission: str, site_id: int) -> bool:
    """Whether their role at this site has the permission."""
    if permission in OF_DEVICES:
        return isinstance(actor, Device) and actor.site_id == site_id
    return isinstance(actor, Staff) and actor.roles.get(site_id) in PERMISSIONS[permission]


def may(actor: Actor, permission: str, patient: Patient, now: datetime | None = None) -> bool:
    """Whether they have the permission for this patient; `now` lets an open break-glass count."""
    if permission in OWN:
        return isinstance(actor, PatientLink) and actor.patient_id == patient.pk
    if may_at(actor, permission, patient.site_id):
        return True
    return now is not None and permission in IN_EMERGENCY and broke_glass(actor, patient, now)


def broke_glass(actor: Actor, patient: Patient, now: datetime) -> bool:
    """Whether they have opened this patient's record in an emergency and it has not closed again."""
    if not isinstance(actor, Staff) or not actor.sites_where("break-glass"):
        return False
    return BreakGlass.objects.filter(user=actor.user, patient=patient, at__lte=now, until__gt=now).exists()


def check(actor: Actor, permission: str, patient: Patient, now: datetime | None = None) -> None:
    """Refused, with the reason, unless they may."""
    if not may(actor, permission, patient, now):
        raise Refused(_why(actor, permission, patient.site_id))


def check_at(actor: Actor, permission: str, site_id: int) -> None:
    """Refused, with the reason, unless they may at this site."""
    if not may_at(actor, permission, site_id):
        raise Refused(_why(actor, permission, site_id))


def _why(actor: Actor, permission: str, site_id: int) -> str:
    what = permission.replace("-", " ")
    role = actor.roles.get(site_id) if isinstance(actor, Staff) else None
    if permission in OF_DEVICES:
        return f"«{what}»: only devices of this site send readings"
    if role is None:
        return f"«{what}»: this belongs to a site where you have no role"
    having = ", ".join(Role(one).label for one in sorted(PERMISSIONS.get(permission, ())))
    return f"«{what}» needs another role than {Role(role).label}: {having}"
