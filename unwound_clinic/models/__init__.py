"""What is stored: facts as they were entered, and what people signed. Nothing that could be computed again.

Medical content is one kind of row, `Entry`: a fact, a trial, an answered form, a medicine, an allergy. An entry is
never changed; a newer one with the same `key` replaces it, and both stay. The models contain no medical knowledge:
values are checked in `record/translate.py`, which alone turns these rows into the library's records.
"""

from unwound_clinic.models.audit import AuditEvent, AuditHead
from unwound_clinic.models.calendar import Feed
from unwound_clinic.models.devices import BedMove, Correction, MonitorCode, PumpReported
from unwound_clinic.models.follow_up import Asking, AskingEvent, CourseEnd, FollowUp, Reading
from unwound_clinic.models.house import Bill, ClinicPage
from unwound_clinic.models.imports import Imported, Incoming
from unwound_clinic.models.interfaces import CardFeedback, Export, HospitalSystem, ReadingSystem
from unwound_clinic.models.knowledge import FileReview, KnowledgeSignature
from unwound_clinic.models.people import (
    JURISDICTIONS,
    Draft,
    Membership,
    Notice,
    Role,
    Sent,
    SetUp,
    Site,
    User,
    Users,
    check_number,
    role_title,
    zone_names,
)
from unwound_clinic.models.record import (
    Alarm,
    BreakGlass,
    Entry,
    IntakeLink,
    Patient,
    PatientMerge,
    Stage,
    hash_of,
    link_token,
)
from unwound_clinic.models.referrals import Referral
from unwound_clinic.models.safety import NearMiss
from unwound_clinic.models.session import (
    ClinicEvent,
    InfusionSession,
    Message,
    Monitor,
    Quarantined,
    SessionEvent,
    SessionPast,
    SetAside,
    StockCount,
    VitalReading,
    WallKey,
)
from unwound_clinic.models.signed import Consent, ConsentOffer, Decision, Letter, OrderState, Plan
from unwound_clinic.models.visits import Assent, Companion, CompanionRole, Ground, Presence

__all__ = [
    "JURISDICTIONS",
    "Alarm",
    "Asking",
    "AskingEvent",
    "Assent",
    "AuditEvent",
    "AuditHead",
    "BedMove",
    "Bill",
    "BreakGlass",
    "CardFeedback",
    "ClinicEvent",
    "ClinicPage",
    "Companion",
    "CompanionRole",
    "Consent",
    "ConsentOffer",
    "Correction",
    "CourseEnd",
    "Decision",
    "Draft",
    "Entry",
    "Export",
    "Feed",
    "FileReview",
    "FollowUp",
    "Ground",
    "HospitalSystem",
    "Imported",
    "Incoming",
    "InfusionSession",
    "IntakeLink",
    "KnowledgeSignature",
    "Letter",
    "Membership",
    "Message",
    "Monitor",
    "MonitorCode",
    "NearMiss",
    "Notice",
    "OrderState",
    "Patient",
    "PatientMerge",
    "Plan",
    "Presence",
    "PumpReported",
    "Quarantined",
    "Reading",
    "ReadingSystem",
    "Referral",
    "Role",
    "Sent",
    "SessionEvent",
    "SessionPast",
    "SetAside",
    "SetUp",
    "Site",
    "Stage",
    "StockCount",
    "User",
    "Users",
    "VitalReading",
    "WallKey",
    "check_number",
    "hash_of",
    "link_token",
    "role_title",
    "zone_names",
]
