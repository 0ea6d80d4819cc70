"""How long records are kept at a site, and whose time is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.db.models import DateTimeField, ForeignKey, Max, Model, QuerySet

from unwound_clinic.models import Patient, SessionEvent, Site


@dataclass(frozen=True, slots=True)
class Due:
    """A record whose time is over: the last contact, and the day from which it may be erased."""

    patient: Patient
    last: date
    since: date


def of_patients() -> Iterator[tuple[type[Model], str]]:
    """Every kind of row that names a patient, with the name of its field: also kinds that are added later."""
    for model in apps.get_app_config("unwound_clinic").get_models():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey) and field.related_model is Patient and model is not Patient:
                yield model, field.name


def last_contact(patient: Patient) -> date:
    """The last day on which anything was written about a patient, or a session took place."""
    return last_contacts(Patient.objects.filter(pk=patient.pk))[patient.pk].astimezone(patient.site.zone).date()


def last_contacts(patients: QuerySet[Patient]) -> dict[int, datetime]:
    """The same moment of each patient, by number: one query for each kind of row, however many patients there are."""
    newest = dict(patients.values_list("pk", "registered_at"))
    events: tuple[type[Model], str] = (SessionEvent, "session__patient")
    for model, name in (*of_patients(), events):
        times = [field.name for field in model._meta.get_fields() if isinstance(field, DateTimeField)]
        rows = model._default_manager.filter(**{f"{name}__in": patients.values("pk")}).order_by().values_list(name)
        for pk, *moments in rows.annotate(**{f"last_{at}": Max(at) for at in times}) if times else ():
            newest[pk] = max([newest[pk], *(at for at in moments if at is not None)])
    return newest


def erasable_from(patient: Patient, last: date) -> date | None:
    """The day from which a record may be erased by the rule of its site; None where the site has none.

    Where it also names an age for minors, the later of both days counts; an unknown birth date never shortens it.
    """
    site = patient.site
    if not site.keep_years:
        return None
    days = [_years_after(last, site.keep_years)]
    if site.keep_until_age:
        if patient.birth_date is None:
            return None
        days.append(_years_after(patient.birth_date, site.keep_until_age))
    return max(days)


def due(site: Site, today: date) -> list[Due]:
    """The records of a site whose time is over, the longest first."""
    if not site.keep_years:
        return []
    patients = Patient.objects.filter(site=site, merged_into=None, erased_at=None)
    newest = last_contacts(patients)
    listed = []
    for patient in patients.select_related("site"):
        last = newest[patient.pk].astimezone(site.zone).date()
        since = erasable_from(patient, last)
        if since is not None and since <= today:
            listed.append(Due(patient, last, since))
    return sorted(listed, key=lambda row: (row.since, row.patient.pk))


def _years_after(day: date, years: int) -> date:
    """The same day that many years later; of 29 February 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
