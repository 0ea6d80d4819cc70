"""The log of who did and saw what: altered, cut, reordered, it says where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from small_clinic import House

from unwound_clinic.core import audit, seen
from unwound_clinic.models import AuditEvent, AuditHead, Patient
from unwound_clinic.record.actions import entries
from unwound_clinic.record.entries import New, current


@pytest.fixture
def chain(house: House) -> int:
    """A chain of a dozen events and more; its length."""
    for number in range(12):
        seen.viewed(by=house.by("nurse"), patient=house.patient, page=f"page {number}")
    assert audit.verify() is None
    return audit.head().number


def test_an_untouched_chain_holds(chain: int) -> None:
    assert chain == AuditEvent.objects.count() >= 12


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("who", "somebody else"),
        ("action", "nothing"),
        ("patient_id", None),
        ("site_id", None),
        ("user_id", 7),
        ("detail", {"page": "another"}),
    ],
)
def test_an_altered_event_is_found(chain: int, field: str, value: object) -> None:
    AuditEvent.objects.filter(number=chain - 5).update(**{field: value})
    assert audit.verify() == audit.Fault(chain - 5, "was altered")


def test_a_shifted_time_is_found(chain: int) -> None:
    event = AuditEvent.objects.get(number=chain - 5)
    AuditEvent.objects.filter(pk=event.pk).update(at=event.at + timedelta(microseconds=1))
    assert audit.verify() == audit.Fault(chain - 5, "was altered")


@pytest.mark.parametrize("gap", [1, 4])
def test_a_deleted_event_is_found(chain: int, gap: int) -> None:
    AuditEvent.objects.filter(number=gap).delete()
    assert audit.verify() == audit.Fault(gap, "is missing")


def test_a_deleted_event_whose_followers_moved_up_is_found(chain: int) -> None:
    AuditEvent.objects.filter(number=4).delete()
    for event in AuditEvent.objects.filter(number__gt=4).order_by("number"):
        AuditEvent.objects.filter(pk=event.pk).update(number=event.number - 1)
    assert audit.verify() == audit.Fault(4, "does not follow the event before it")


def test_two_events_that_changed_places_are_found(chain: int) -> None:
    one, two = (AuditEvent.objects.get(number=number) for number in (6, 7))
    AuditEvent.objects.filter(pk=one.pk).update(number=999_999)
    AuditEvent.objects.filter(pk=two.pk).update(number=6)
    AuditEvent.objects.filter(pk=one.pk).update(number=7)
    assert audit.verify() == audit.Fault(6, "does not follow the event before it")


@pytest.mark.parametrize("cut", [1, 3])
def test_a_tail_that_was_cut_off_is_missed(chain: int, cut: int) -> None:
    AuditEvent.objects.filter(number__gt=chain - cut).delete()
    assert audit.verify() == audit.Fault(chain - cut + 1, f"is missing: the chain once had {chain} events")


def test_a_tail_cut_together_with_a_changed_head_is_missed(chain: int) -> None:
    AuditEvent.objects.filter(number=chain).delete()
    last = AuditEvent.objects.get(number=chain - 1)
    AuditHead.objects.update(number=last.number, digest=last.digest)
    assert audit.verify() == audit.Fault(chain - 1, "is followed by a head that was altered")


def test_a_tail_cut_together_with_its_head_is_missed(chain: int) -> None:
    AuditHead.objects.all().delete()
    fault = audit.verify()
    assert fault is not None
    assert "head of the chain is gone" in fault.what


def test_an_older_state_put_back_whole_is_missed_by_a_head_kept_outside(chain: int) -> None:
    kept = audit.head()
    head = AuditHead.objects.get()
    AuditEvent.objects.filter(number=chain).delete()
    last = AuditEvent.objects.get(number=chain - 1)
    head.number, head.digest, head.seal = last.number, last.digest, audit._seal(last.number, last.digest)
    head.save()
    assert audit.verify() is None
    assert audit.verify([kept]) == audit.Fault(chain, "is missing: it was exported earlier")


def test_a_chain_made_anew_is_not_the_one_whose_head_was_kept(chain: int, settings: object) -> None:
    assert audit.verify([audit.Head(5, "0" * 64)]) == audit.Fault(5, "is not the event that was exported")


def test_nobody_seals_without_the_key(chain: int, settings: object) -> None:
    settings.AUDIT_KEY = "another key"  # type: ignore[attr-defined]
    assert audit.verify() == audit.Fault(1, "was altered")


def test_nothing_is_written_onto_a_head_that_was_altered(chain: int, house: House) -> None:
    AuditHead.objects.update(number=chain - 1)
    with pytest.raises(transaction.TransactionManagementError, match="verify-audit"):
        seen.viewed(by=house.by("nurse"), patient=house.patient, page="one more")


def test_an_action_that_fails_leaves_neither_event_nor_row(house: House) -> None:
    before = audit.head(), current(house.patient), Patient.objects.count()
    with pytest.raises(Exception, match="entered twice"):
        entries.enter(
            by=house.by("nurse"),
            patient=house.patient,
            entries=(New(kind="fact", key="pregnant", value=False), New(kind="fact", key="pregnant", value=True)),
        )
    assert (audit.head(), current(house.patient), Patient.objects.count()) == before
