"""What undoing an import does: its values go, what they replaced comes back, what a person entered since stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

from unwound_clinic.models import Entry, Imported
from unwound_clinic.record import import_words, translate
from unwound_clinic.record.entries import Item, New, item

GOES_WITH_IT = ("trial", "medication")
"""Kinds of which an item that an import made is the import's, amended since or not: a file of somebody else leaves
nothing behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What undoing one import does."""

    back: tuple[New, ...]
    """What is entered: nothing in place of a value, or the value before."""
    goes: tuple[str, ...]
    returns: tuple[str, ...]
    stays: tuple[str, ...]
    """What a person or a later import wrote since."""


def plan(imported: Imported) -> Undone:
    """What undoing would do now."""
    rows = list(Entry.objects.filter(patient=imported.patient_id).select_related("imported").order_by("id"))
    by_item: dict[Item, list[Entry]] = {}
    for row in rows:
        by_item.setdefault(item(row), []).append(row)
    back, goes, returns, stays = list[New](), list[str](), list[str](), list[str]()
    brought = {(row.kind, row.key, row.origin) for row in rows if row.imported_id == imported.pk}
    for history in by_item.values():
        own = next((row for row in reversed(history) if row.imported_id == imported.pk), None)
        if own is None:
            if _is_moved(history, brought):
                back.append(_nothing(history[-1]))
                goes.append(import_words.of_entry(history[-1]))
            continue
        last, before = history[-1], _before(history, own, imported)
        if not _is_still_its(last, before, imported):
            if last.value is not None:
                stays.append(import_words.stands(last))
        elif before is not None:
            back.append(_again(before, imported))
            returns.append(f"{import_words.stands(before)}, in place of {import_words.of_entry(last)}")
        elif last.value is not None:
            back.append(_nothing(last))
            goes.append(import_words.of_entry(last))
    back, kept = _without_pains_in_use(back, rows)
    stays += kept
    goes = [words for words in goes if words not in kept]
    return Undone(back=tuple(back), goes=tuple(goes), returns=tuple(returns), stays=tuple(stays))


def _is_moved(history: Sequence[Entry], brought: Set[tuple[str, str, str]]) -> bool:
    """Whether it is a value of the import that somebody gave to one of several pains since."""
    last = history[-1]
    is_copy = bool(last.pain and last.origin) and last.imported_id is None and last.value is not None
    return is_copy and (last.kind, last.key, last.origin) in brought


def _nothing(last: Entry) -> New:
    return New(kind=last.kind, key=last.key, value=None, on=last.on, pain=last.pain)


def _before(history: Sequence[Entry], own: Entry, imported: Imported) -> Entry | None:
    """The newest value from before the import that is not itself undone; None where there was none."""
    first = next(row for row in history if row.imported_id == imported.pk)
    for row in reversed(history):
        if row.pk < first.pk and not (row.imported and row.imported.undone_at):
            return row if row.value is not None else None
    return None


def _is_still_its(last: Entry, before: Entry | None, imported: Imported) -> bool:
    """Whether what is current is the import's: its own row, or a course or medicine it made and somebody amended."""
    if last.imported_id == imported.pk:
        return True
    return last.imported_id is None and last.value is not None and before is None and last.kind in GOES_WITH_IT


def _again(before: Entry, imported: Imported) -> New:
    """The value before as a new entry, of the day it was of."""
    on = before.on
    if before.kind == "fact":
        on = translate.fact(before, None, imported.patient.site.zone).on
    return New(
        kind=before.kind,
        key=before.key,
        value=before.value,
        on=on,
        origin=before.origin,
        pain=before.pain,
        imported=before.imported_id,
    )


def _without_pains_in_use(back: list[New], rows: Iterable[Entry]) -> tuple[list[New], list[str]]:
    """A pain stays while something that is not undone belongs to it."""
    going = {item(new) for new in back if new.value is None}
    left = [row for row in rows if row.current and row.value is not None and item(row) not in going]
    used = {row.pain for row in left} | set(_pains_of_trials(left))
    staying = {new.key for new in back if new.kind == "pain" and new.value is None and new.key in used}
    kept = [import_words.of_entry(row) for row in rows if row.current and row.kind == "pain" and row.key in staying]
    return [new for new in back if not (new.kind == "pain" and new.key in staying)], kept


def _pains_of_trials(rows: Iterable[Entry]) -> Iterator[str]:
    for row in rows:
        if row.kind == "trial":
            yield from translate.content(row).get("pains", ())
