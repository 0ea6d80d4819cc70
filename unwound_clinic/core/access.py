"""Who may do what: one table. `may` and `may_at` answer yes or no; `check` and `check_at` raise `Refused`.

Everything belongs to a site, and a member of staff has one role or several at each of their sites; what any of them
permits is permitted. A patient acts through a
personal link and reaches only their own forms; a device sends readings to its site and does nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from unwound_clinic.models import (
    BreakGlass,
    ConsentOffer,
    FollowUp,
    IntakeLink,
    Membership,
    Patient,
    Role,
    Site,
    User,
    role_title,
)

PHYSICIAN, ANAESTHESIA, NURSE = Role.PHYSICIAN, Role.ANAESTHESIA, Role.NURSE
COORDINATOR, ADMINISTRATOR, AUDITOR = Role.COORDINATOR, Role.ADMINISTRATOR, Role.AUDITOR
CARE = frozenset({PHYSICIAN, ANAESTHESIA, NURSE})
TEAM = CARE | {COORDINATOR}

PERMISSIONS: Mapping[str, frozenset[Role]] = {
    "see-patients": TEAM,
    "see-medical-record": TEAM,
    "register-patient": TEAM,
    "merge-patients": TEAM,
    "erase-patient": frozenset({PHYSICIAN}),
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
    "sign-knowledge": frozenset({PHYSICIAN}),
    "review-knowledge": frozenset({PHYSICIAN, ANAESTHESIA}),
    "follow-up": TEAM,
    "see-knowledge": CARE | {ADMINISTRATOR},
    "manage-people": frozenset({ADMINISTRATOR}),
    "manage-site": frozenset({ADMINISTRATOR}),
    "read-audit": frozenset({AUDITOR}),
    "report-near-miss": TEAM | {ADMINISTRATOR, AUDITOR},
}
"""Permission -> the roles that have it."""

OWN = frozenset({"fill-own-intake", "sign-own-consent", "fill-own-diary"})
"""What a patient may do, for themselves only."""

OF_DEVICES = frozenset({"send-readings", "show-beds"})
"""What a monitor, the listener that receives from monitors, or a screen on a wall may do at its site."""

OF_PROGRAMS = frozenset({"ask-patients"})
"""What the clinic's own timer may do: send what is due, close what is over."""

OF_SYSTEMS = frozenset({"read-as-system", "refer-as-system"})
"""What another system that an administrator let in may do at its site; its scopes say what it sees and may send."""

IN_EMERGENCY = frozenset({"see-patients", "see-medical-record"})
"""What emergency access (break-glass) permits: reading, never writing."""


class Refused(Exception):
    """The actor does not have the permission; the message says which one and who has it."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff with the roles they have at each of their sites."""

    name: str
    user: User
    roles: Mapping[int, frozenset[str]]
    """Site id -> roles."""

    @property
    def sites(self) -> tuple[int, ...]:
        """The sites where they have a role."""
        return tuple(self.roles)

    def sites_where(self, permission: str) -> tuple[int, ...]:
        """The sites where one of their roles has the permission."""
        return tuple(site for site, roles in self.roles.items() if roles & PERMISSIONS[permission])


@dataclass(frozen=True, slots=True)
class PatientLink:
    """A patient who came through their personal link."""

    patient_id: int
    name: str = "the patient"


@dataclass(frozen=True, slots=True)
class Device:
    """A monitor, the listener that receives from monitors, or a screen on a wall, at its site."""

    name: str
    site_id: int


@dataclass(frozen=True, slots=True)
class Program:
    """A command at the terminal, or somebody who is not logged in: it has no permissions, and its events name it."""

    name: str
    user: User | None = None
    """The account that an event concerns, where nobody is logged in yet."""


@dataclass(frozen=True, slots=True)
class OtherSystem:
    """A system of the hospital that reads or refers by FHIR, at the site where it was let in."""

    name: str
    site_id: int


Actor = Staff | PatientLink | Device | Program | OtherSystem
"""Who acts. Each kind has only the fields that belong to it."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A second person who entered their own password just now; made only by the form that checked it."""

    user: User


def staff(user: User) -> Staff:
    """A member of staff with their present roles."""
    roles: dict[int, frozenset[str]] = {}
    for site, role in Membership.objects.filter(user=user).values_list("site_id", "role"):
        roles[site] = roles.get(site, frozenset()) | {role}
    return Staff(user.name, user, roles if user.is_active else {})


def roles_at(actor: Staff, site_id: int) -> tuple[str, ...]:
    """The roles of somebody at a site, in the order in which roles are listed."""
    held = actor.roles.get(site_id, frozenset())
    return tuple(role for role in Role.values if role in held)


def role_for(actor: Staff, permission: str, site_id: int) -> str:
    """The role by which somebody has a permission at a site; empty where they have none that has it."""
    return next((role for role in roles_at(actor, site_id) if role in PERMISSIONS[permission]), "")


def patient_link(link: IntakeLink | ConsentOffer | FollowUp) -> PatientLink:
    """The patient for whom a link was made."""
    return PatientLink(link.patient_id)


def account(actor: Actor) -> User | None:
    """The account of the actor: of staff, or the one that an event concerns."""
    return actor.user if isinstance(actor, Staff | Program) else None


def may_at(actor: Actor, permission: str, site_id: int) -> bool:
    """Whether the actor has the permission at this site."""
    if permission in OF_DEVICES:
        return isinstance(actor, Device) and actor.site_id == site_id
    if permission in OF_PROGRAMS:
        return isinstance(actor, Program)
    if permission in OF_SYSTEMS:
        return isinstance(actor, OtherSystem) and actor.site_id == site_id
    return isinstance(actor, Staff) and bool(actor.roles.get(site_id, frozenset()) & PERMISSIONS[permission])


def may(actor: Actor, permission: str, patient: Patient, now: datetime | None = None) -> bool:
    """Whether the actor has the permission for this patient; with `now`, open emergency access counts too."""
    if permission in OWN:
        return isinstance(actor, PatientLink) and actor.patient_id == patient.pk
    if may_at(actor, permission, patient.site_id):
        return True
    return now is not None and permission in IN_EMERGENCY and broke_glass(actor, patient, now)


def broke_glass(actor: Actor, patient: Patient, now: datetime) -> bool:
    """Whether the actor has emergency access to this patient's record that has not ended yet."""
    if not isinstance(actor, Staff) or not actor.sites_where("break-glass"):
        return False
    return BreakGlass.objects.filter(user=actor.user, patient=patient, at__lte=now, until__gt=now).exists()


def check(actor: Actor, permission: str, patient: Patient, now: datetime | None = None) -> None:
    """Raises `Refused`, with the reason, unless the actor has the permission for this patient."""
    if not may(actor, permission, patient, now):
        raise Refused(_reason(actor, permission, patient.site_id))


def check_at(actor: Actor, permission: str, site_id: int) -> None:
    """Raises `Refused`, with the reason, unless the actor has the permission at this site."""
    if not may_at(actor, permission, site_id):
        raise Refused(_reason(actor, permission, site_id))


def _reason(actor: Actor, permission: str, site_id: int) -> str:
    """Why it is refused, naming the roles that have the permission."""
    task = permission.replace("-", " ")
    roles = roles_at(actor, site_id) if isinstance(actor, Staff) else ()
    if permission in OF_DEVICES:
        return f"«{task}»: only devices of this site may do that"
    if permission in OF_PROGRAMS:
        return f"«{task}»: only the clinic's own timer sends these messages"
    if permission in OF_SYSTEMS:
        return f"«{task}»: only a system that is authorised at this site may do that"
    if not roles:
        return f"«{task}»: you have no role at this site"
    jurisdiction = Site.objects.values_list("jurisdiction", flat=True).get(pk=site_id)
    permitted = " or ".join(role_title(id, jurisdiction) for id in sorted(PERMISSIONS.get(permission, ())))
    yours = " and ".join(role_title(role, jurisdiction) for role in roles)
    return f"«{task}» requires the role of {permitted}; yours {'is' if len(roles) == 1 else 'are'} {yours}"
