"""An outside record beside the record here: what is new, what is here already, what differs and which of both stands.

An import never replaces anything that a person entered here. A newer export of the same source replaces what came from
that source before, where that changed; what a person amended or took off since stays as the person left it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from unwound import drugs
from unwound.patient import Fact, Pain
from unwound.record import UnwoundError
from unwound.terms import Purpose
from unwound_clinic.models import Entry, Imported, Patient
from unwound_clinic.record import import_words, pains, translate
from unwound_clinic.record.entries import Item, New, item
from unwound_clinic.record.importing import INCOMPLETE, Record, allergy_key, new_allergy, new_key


class Change(StrEnum):
    """What an import does with one value."""

    NEW = "new"
    REPLACES = "replaces"
    """It came from the same source before, and changed there."""
    DIFFERS = "differs"
    """What is on record stands."""
    GONE = "gone"
    """It came from the same source before, and is not in this file; it stays unless somebody takes it off."""
    SAME = "same"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value of an outside record, and what becomes of it."""

    change: Change
    kind: str
    key: str
    says: str
    """The value in words."""
    stands: str = ""
    """What is on record and who recorded it, where that stands or is replaced; why it does not fit."""
    new: New | None = None
    """What is entered, where anything is."""
    origin: str = ""
    """Its place in the file."""


@dataclass(slots=True)
class Comparison:
    """Every value of an outside record beside the record here."""

    lines: list[Line] = field(default_factory=list)

    def of(self, *changes: Change) -> list[Line]:
        """The values with which this is done."""
        return [line for line in self.lines if line.change in changes]

    @property
    def entries(self) -> list[New]:
        """What the import enters."""
        return [line.new for line in self.of(Change.NEW, Change.REPLACES) if line.new is not None]

    @property
    def same(self) -> int:
        """How many values are on record already."""
        return len(self.of(Change.SAME))

    @property
    def otherwise(self) -> list[str]:
        """What differs, with what stands."""
        return [f"{line.says}; kept as entered here: {line.stands}" for line in self.of(Change.DIFFERS)]

    @property
    def unfit(self) -> list[str]:
        """What cannot be imported, with why."""
        return [f"{line.says}: {line.stands}" for line in self.of(Change.UNFIT)]


@dataclass(frozen=True, slots=True)
class Before:
    """What came from the same source before."""

    brought: Mapping[Item, Entry] = field(default_factory=dict)
    """The newest value of each item that an import of that source wrote."""
    is_older: bool = False
    """Whether the file at hand is older than what came last: it then replaces nothing."""
    is_part_missing_elsewhere: bool = False
    """Whether another record on file is incomplete."""


NOTHING_BEFORE = Before()


def before(patient: Patient, record: Record) -> Before:
    """What was imported of the record's source and was not undone."""
    imports = Imported.objects.filter(patient=patient, undone_at=None)
    elsewhere = any(row.account.get("missing") and row.source != record.identity.address for row in imports)
    own = [row for row in imports if row.source and row.source == record.identity.address]
    if not own:
        return Before(is_part_missing_elsewhere=elsewhere)
    rows = Entry.objects.filter(patient=patient, imported__in=own).order_by("id")
    newest = [row.newest for row in own if row.newest]
    return Before(
        {item(row): row for row in rows},
        bool(newest) and (record.newest is None or record.newest < max(newest)),
        elsewhere,
    )


def compare(record: Record, entries: Iterable[Entry], earlier: Before = NOTHING_BEFORE) -> Comparison:
    """Every value of the record beside the current entries."""
    return _Comparing(record, list(entries), earlier).done()


@dataclass(slots=True)
class _Comparing:
    """One comparison under way."""

    record: Record
    rows: list[Entry]
    earlier: Before
    comparison: Comparison = field(default_factory=Comparison)
    here: dict[Item, Entry] = field(init=False)
    met: set[Item] = field(default_factory=set)
    """What came before and is in this file too."""

    def __post_init__(self) -> None:
        self.here = {item(row): row for row in self.rows}

    def done(self) -> Comparison:
        known = self.record.known
        keys = self._pains(pains.on_record(self.rows))
        self._facts(keys)
        self._is_whole_now()
        for trial in known.trials:
            value = trial.model_dump(mode="json", exclude_defaults=True)
            if value.get("pains"):
                value["pains"] = [keys[name] for name in value["pains"] if keys[name]]
            self._trial(value, _origin(self.record, str(value.pop("origin", ""))))
        for medicine in known.medications:
            value = medicine.model_dump(mode="json", exclude_defaults=True)
            self._medicine(value, _origin(self.record, str(value.pop("origin", ""))))
        self._answers(keys)
        for substance in known.allergies:
            new = new_allergy(substance, _origin(self.record, ""))
            self._plainly(new, is_here=("allergy", allergy_key(substance), "") in self.here)
        self._screened()
        is_here = ("story", "case", "") in self.here
        if self.record.story and not is_here:
            value = {"text": self.record.story}
            self._plainly(New(kind="story", key="case", value=value, origin=_origin(self.record, "")), is_here=False)
        self._gone()
        return self.comparison

    # ---- what is done with a value

    def _line(self, change: Change, new: New, stands: str = "", says: str = "") -> None:
        """One value with what becomes of it; the same item twice in a file is one."""
        enters = change in (Change.NEW, Change.REPLACES)
        if enters and any(line.new is not None and item(line.new) == item(new) for line in self.comparison.lines):
            change, enters = Change.SAME, False
        self.comparison.lines.append(
            Line(
                change=change,
                kind=new.kind,
                key=new.key,
                says=says or import_words.says(new),
                stands=stands,
                new=new if enters else None,
                origin=new.origin,
            )
        )

    def _plainly(self, new: New, *, is_here: bool) -> None:
        """A value that is on record or is not: it has nothing that could differ."""
        base = self.earlier.brought.get(item(new))
        self.met.add(item(new))
        if is_here:
            self._line(Change.SAME, new)
        elif base is not None and base.value == new.value:
            self._line(Change.DIFFERS, new, TAKEN_OFF)
        else:
            self._line(Change.NEW, new)

    def _valued(self, new: New, recorded: Entry | None) -> None:
        """A value that may be on record with another one, or with another day.

        The branches are the ways in which a value, the one on record and the one that came before can stand.
        """
        base = self.earlier.brought.get(item(new))
        self.met.add(item(new))
        if recorded is None:
            is_taken_off = base is not None and base.value is not None and _same(base.value, new.value)
            self._line(Change.DIFFERS if is_taken_off else Change.NEW, new, TAKEN_OFF if is_taken_off else "")
            return
        is_same = _same(recorded.value, new.value)
        came_before = base is not None and base.pk == recorded.pk
        is_newer = came_before and not self.earlier.is_older and _is_not_before(new, recorded)
        if is_newer and (not is_same or new.on != recorded.on):
            self._line(Change.REPLACES, replace(new, pain=recorded.pain), import_words.stands(recorded))
        elif is_same:
            self._line(Change.SAME, new)
        else:
            self._line(Change.DIFFERS, new, import_words.stands(recorded))

    # ---- each kind

    def _pains(self, listed: tuple[pains.OnRecord, ...]) -> dict[str, str]:
        """The key of each pain of the record: that of its namesake here, or of a new one.

        A single pain beside at most one here is the same pain, and its facts are told from nobody's.
        """
        here = {pain.name.casefold(): pain.key for pain in pains.still_there(listed)}
        own = self.record.known.pains
        is_the_only_one = len(own) == 1 and len(listed) < 2
        keys: dict[str, str] = {}
        for pain in own:
            key = here.get(pain.name.casefold(), "")
            if key:
                self._line(Change.SAME, New(kind="pain", key=key, value={"name": pain.name}))
            elif not (is_the_only_one and listed):
                key = new_key()
                self._line(Change.NEW, self._new_pain(key, pain, listed))
            keys[pain.name] = "" if is_the_only_one else key
        return keys

    def _new_pain(self, key: str, pain: Pain, listed: tuple[pains.OnRecord, ...]) -> New:
        value = pain.model_dump(mode="json", exclude_defaults=True, exclude={"facts"})
        if any(other.to_treat for other in listed):
            value.pop("to_treat", None)
        return replace(translate.new_pain(key, value), origin=_origin(self.record, ""))

    def _facts(self, keys: Mapping[str, str]) -> None:
        one_pain = len(pains.on_record(self.rows)) < 2 and not any(keys.values())
        here = {(("" if one_pain else row.pain), row.key): row for row in self.rows if row.kind == "fact"}
        for pain, id, fact in self._known_facts(keys):
            value = list(fact.value) if isinstance(fact.value, tuple) else fact.value
            origin = _origin(self.record, fact.origin)
            new = New(kind="fact", key=id, value=value, on=fact.on, origin=origin, pain=pain)
            self._valued(new, here.get((pain, id)))

    def _known_facts(self, keys: Mapping[str, str]) -> Iterator[tuple[str, str, Fact]]:
        """The facts of the person and of each pain, with the key of the pain."""
        known = self.record.known
        yield from (("", id, fact) for id, fact in known.facts.items())
        for pain in known.pains:
            yield from ((keys[pain.name], id, fact) for id, fact in pain.facts.items())

    def _is_whole_now(self) -> None:
        """The rest of an incomplete record has come: nothing of it is missing any more."""
        row = self.here.get(("fact", INCOMPLETE, ""))
        base = self.earlier.brought.get(("fact", INCOMPLETE, ""))
        if self.record.missing or row is None or base is None or base.pk != row.pk:
            return
        if not (self.earlier.is_older or self.earlier.is_part_missing_elsewhere):
            new = New(kind="fact", key=INCOMPLETE, value=None, origin=_origin(self.record, ""))
            self.met.add(item(new))
            self._line(Change.REPLACES, new, import_words.stands(row), says="this file is complete")

    def _trial(self, value: dict[str, Any], origin: str) -> None:
        """A course of treatment: the one that came before by its resources, else one that says the same, else new."""
        base = self._same_course(value, origin)
        new = New(kind="trial", key=base.key if base else new_key(), value=value, origin=origin)
        self.met.add(item(new))
        if base is not None:
            self._amended(new, base)
            return
        alike = [
            row for row in self.rows if row.kind == "trial" and translate.content(row)["therapy"] == value["therapy"]
        ]
        if any(_covers(translate.content(row), value) for row in alike):
            self._line(Change.SAME, new)
        else:
            stands = "; ".join(map(import_words.stands, alike))
            self._line(Change.NEW, new, f"beside it on record: {stands}" if stands else "")

    def _same_course(self, value: Mapping[str, Any], origin: str) -> Entry | None:
        resources = set(RESOURCE.findall(origin))
        for key, row in self.earlier.brought.items():
            if row.kind != "trial" or key in self.met or not row.value or row.value["therapy"] != value["therapy"]:
                continue
            if resources & set(RESOURCE.findall(row.origin)):
                return row
        return None

    def _amended(self, new: New, base: Entry) -> None:
        """A course or a medicine that came before: what its source changed changes here, what a person did stays."""
        row = self.here.get(item(new))
        if row is None:
            self._line(Change.DIFFERS, new, TAKEN_OFF)
            return
        came, now = translate.content(base), translate.content(row)
        merged, kept = _merged(came, now, new.value)
        if self.earlier.is_older and merged != now:
            self._line(Change.DIFFERS, new, f"{import_words.stands(row)} (from a newer export)")
        elif merged != now:
            self._line(Change.REPLACES, replace(new, value=merged), import_words.stands(row))
        elif kept:
            self._line(Change.DIFFERS, new, import_words.stands(row))
        else:
            self._line(Change.SAME, new)

    def _medicine(self, value: dict[str, Any], origin: str) -> None:
        """A medicine by its drug: the same one twice, with two doses, would count twice."""
        drug = _drug(value["drug"])
        came = [row for row in self.earlier.brought.values() if row.kind == "medication" and _drug_of(row) == drug]
        if came:
            new = New(kind="medication", key=came[-1].key, value=value, origin=origin)
            self.met.add(item(new))
            self._amended(new, came[-1])
            return
        here = [row for row in self.rows if row.kind == "medication" and _drug_of(row) == drug]
        new = New(kind="medication", key=new_key(), value=value, origin=origin)
        if not here:
            self._line(Change.NEW, new)
        elif any(_covers(translate.content(row), {**value, "drug": translate.content(row)["drug"]}) for row in here):
            self._line(Change.SAME, new)
        else:
            self._line(Change.DIFFERS, new, "; ".join(map(import_words.stands, here)))

    def _answers(self, keys: Mapping[str, str]) -> None:
        for form in self.record.known.answers:
            if form.on is None:
                self._unfit(form.instrument, "a form without its date is not imported")
                continue
            try:
                new = translate.new_answers(form.model_dump(mode="json", exclude={"on", "origin", "pain"}), form.on)
            except (UnwoundError, ValueError) as error:
                self._unfit(form.instrument, str(error))
                continue
            new = replace(new, origin=_origin(self.record, form.origin), pain=keys.get(form.pain, ""))
            self._valued(new, self.here.get(item(new)))

    def _unfit(self, name: str, why: str) -> None:
        self.comparison.lines.append(Line(change=Change.UNFIT, kind="answers", key=name, says=name, stands=why))

    def _screened(self) -> None:
        for answer in self.record.known.screened:
            value = answer.model_dump(mode="json", exclude_defaults=True, exclude={"group", "on"})
            new = New(
                kind="screened",
                key=answer.group,
                value={"answer": "none", **value},
                on=answer.on,
                origin=_origin(self.record, ""),
            )
            self._plainly(new, is_here=item(new) in self.here)

    def _gone(self) -> None:
        """Medicines that came from the same source before, and are not in this file."""
        if self.earlier.is_older:
            return
        for key, base in self.earlier.brought.items():
            row = self.here.get(key)
            if base.kind == "medication" and key not in self.met and row is not None:
                new = New(kind=base.kind, key=base.key, value=None, origin=_origin(self.record, ""))
                self._line(Change.GONE, new, import_words.stands(row), says=import_words.of_entry(row))


TAKEN_OFF = "taken off here since it was imported"
USUAL = {"purpose": Purpose.PAIN.value}
"""What a stored course says where it does not name it."""
RESOURCE = re.compile(r"[A-Z]\w+/[^\s,]+")
"""A resource in an origin: «MedicationRequest/5»."""


def _is_not_before(new: New, recorded: Entry) -> bool:
    return new.on is None or recorded.on is None or new.on >= recorded.on


def _same(own: Any, other: Any) -> bool:
    """Whether two stored values say the same; a list is several choices in any order, None in a table is unknown."""
    if isinstance(own, list) and isinstance(other, list):
        return sorted(map(str, own)) == sorted(map(str, other))
    if isinstance(own, dict) and isinstance(other, dict):
        return {k: v for k, v in own.items() if v is not None} == {k: v for k, v in other.items() if v is not None}
    return bool(own == other) and isinstance(own, bool) == isinstance(other, bool)


def _covers(recorded: Mapping[str, Any], value: Mapping[str, Any]) -> bool:
    """Whether what is on record says everything that a value says; what is unknown there says nothing."""
    return all(
        part is None or recorded.get(name, USUAL.get(name)) == part
        for name, part in {**USUAL, **value}.items()
        if name != "origin" and (name != "purpose" or "therapy" in value)
    )


def _merged(
    came: Mapping[str, Any], now: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What is on record with what changed in the source; a part that a person changed here stays, and is named."""
    merged, kept = dict(now), list[str]()
    for name in dict.fromkeys((*came, *new)):
        if name == "purpose" or came.get(name) == new.get(name):
            continue  # what a course was for is known from a person, or stays as it was said first
        if now.get(name) == came.get(name):
            merged[name] = new.get(name)
            if name not in new:
                del merged[name]
        elif now.get(name) != new.get(name):
            kept.append(name)
    purpose = new.get("purpose", Purpose.PAIN) if "therapy" in new else None
    if purpose is not None and purpose != now.get("purpose", Purpose.PAIN):
        if "purpose" in now and now["purpose"] is None:
            merged["purpose"] = purpose
        else:
            kept.append("purpose")
    return merged, tuple(kept)


def _drug(written: str) -> Sequence[str]:
    """What makes two written medicines the same one."""
    return drugs.ingredients(text=written) or (" ".join(written.casefold().split()),)


def _drug_of(row: Entry) -> Sequence[str]:
    return _drug(str((row.value or {}).get("drug", "")))


def _origin(record: Record, origin: str) -> str:
    return f"{origin} in {record.name}" if origin else record.name
