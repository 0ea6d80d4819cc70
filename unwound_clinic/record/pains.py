"""The pains on a patient's record, and what of the record belongs to which; `translate.py` makes the library's of it.

A record without a pain has a single one that nobody had to name. What belongs to one pain and names none where several
are on record is never counted for one of them: it is kept apart as a pain that is not named, so that nothing urgent
in it is lost, until somebody has said whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from unwound import instruments
from unwound.patient import Answers, Fact, Pain, Trial
from unwound.patient import Patient as Known
from unwound.terms import Purpose, Side
from unwound.vocabulary import belongs_to_one_pain
from unwound_clinic.models import Entry

NOT_NAMED = "a pain that is not named yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """A pain as it stands on the record."""

    key: str
    name: str
    site: str = ""
    side: Side | None = None
    since: date | None = None
    to_treat: bool | None = None
    ended: date | None = None
    """The day from which it is over."""


def on_record(entries: Iterable[Entry]) -> tuple[OnRecord, ...]:
    """Every pain on record by name; those that are over come last."""
    pains = [_of(entry) for entry in entries if entry.kind == "pain" and entry.value]
    return tuple(sorted(pains, key=lambda pain: (pain.ended is not None, pain.name.casefold())))


def key_in_view(listed: Iterable[OnRecord], known: Known) -> str:
    """The key of the pain that a review of this patient is about; empty where nobody named it."""
    return next((pain.key for pain in listed if pain.name == known.seen_pain), "")


def still_there(listed: Iterable[OnRecord]) -> tuple[OnRecord, ...]:
    """The pains that are not over."""
    return tuple(pain for pain in listed if pain.ended is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a form of facts asks about: the person, or one of several pains; with the entries that it shows."""

    key: str
    """Of the pain; empty for the person."""
    title: str
    ids: tuple[str, ...]
    entries: tuple[Entry, ...]


def views(ids: tuple[str, ...], entries: tuple[Entry, ...]) -> tuple[View, ...]:
    """How these facts are asked for: all at once where there is one pain, else of the person and of each pain.

    What can be the person's or a pain's is asked of each pain, and shown with the person where it is recorded so.
    """
    listed = on_record(entries)
    if len(listed) < 2:
        mine = sorted(entries, key=lambda entry: entry.pain != "")  # the value of the pain itself counts
        return (View(key="", title="", ids=ids, entries=tuple(mine)),)
    persons = tuple(entry for entry in entries if not entry.pain)
    recorded = {entry.key for entry in persons if entry.kind == "fact"}
    of_person = tuple(
        id for id in ids if (whose := belongs_to_one_pain(id)) is False or (whose is None and id in recorded)
    )
    of_pain = tuple(id for id in ids if belongs_to_one_pain(id) is not False)
    return (
        *((View(key="", title="The person", ids=of_person, entries=persons),) if of_person else ()),
        *(
            View(
                key=pain.key,
                title=pain.name,
                ids=of_pain,
                entries=tuple(entry for entry in entries if entry.pain == pain.key),
            )
            for pain in still_there(listed)
            if of_pain
        ),
    )


def names_no_pain(entry: Entry, listed: tuple[OnRecord, ...]) -> bool:
    """Whether an entry is about one pain and does not say which of several."""
    return len(listed) > 1 and not entry.pain and is_about_one_pain(entry)


def is_about_one_pain(entry: Entry) -> bool:
    """Whether an entry is one pain's alone: a fact of it, or a form about it."""
    if entry.kind == "fact":
        return belongs_to_one_pain(entry.key) is True
    if entry.kind != "answers":
        return False
    instrument = str((entry.value or {}).get("instrument", ""))
    return bool(instrument) and instruments.is_about_pain(Answers(instrument=instrument))


def placed(
    listed: tuple[OnRecord, ...], known: Iterable[tuple[str, str, Fact]]
) -> tuple[dict[str, Fact], tuple[Pain, ...]]:
    """The facts of the person, and the pains with theirs; `known` holds key of a pain (or nothing), id and fact.

    A lesion or a test recorded of the person counts for each pain that has no answer of its own.
    """
    own: dict[str, dict[str, Fact]] = {pain.key: {} for pain in still_there(listed)}
    persons, nobodys = dict[str, Fact](), dict[str, Fact]()
    for key, id, fact in known:
        if key:
            own.get(key, {})[id] = fact
        elif listed and belongs_to_one_pain(id):
            nobodys[id] = fact
        else:
            persons[id] = fact
    if len(listed) == len(own) == 1:
        (only,) = own
        own[only], nobodys = {**nobodys, **own[only]}, {}
    for id in [id for id in persons if any(id in facts for facts in own.values())]:
        shared = persons.pop(id)
        for facts in own.values():
            facts.setdefault(id, shared)
    return persons, (
        *(_view(pain, own[pain.key]) for pain in still_there(listed)),
        *((Pain(name=NOT_NAMED, facts=nobodys),) if nobodys else ()),
    )


def taken_for(listed: tuple[OnRecord, ...], trial: Trial) -> Trial:
    """A trial with the names of its pains in place of their keys; one for pains that are over was for another pain.

    A trial that names none says nothing of the pain that is left where another one is over.
    """
    names = {pain.key: pain.name for pain in still_there(listed)}
    remaining = tuple(names[key] for key in trial.pains if key in names)
    for_pain = trial.purpose in (None, Purpose.PAIN)
    if trial.pains and not remaining:
        return trial.model_copy(update={"pains": (), "purpose": Purpose.ANOTHER_PAIN if for_pain else trial.purpose})
    if not trial.pains and len(listed) > 1 and trial.purpose == Purpose.PAIN:
        return trial.model_copy(update={"purpose": None})
    return trial.model_copy(update={"pains": remaining}) if trial.pains else trial


def about(listed: tuple[OnRecord, ...], form: Answers, key: str) -> Answers | None:
    """A form with the name of the pain it is about; None for one about a pain that is over, or that was before."""
    if not listed or not instruments.is_about_pain(form):
        return form
    name = {pain.key: pain.name for pain in still_there(listed)}.get(key)
    if name is not None:
        return form.model_copy(update={"pain": name})
    if key:
        return None
    over = [pain.ended for pain in listed if pain.ended is not None]
    return None if over and (form.on is None or form.on <= max(over)) else form


def _view(pain: OnRecord, facts: dict[str, Fact]) -> Pain:
    return Pain(name=pain.name, site=pain.site, side=pain.side, since=pain.since, to_treat=pain.to_treat, facts=facts)


def _of(entry: Entry) -> OnRecord:
    value = dict(entry.value or {})
    return OnRecord(
        key=entry.key,
        name=str(value["name"]),
        site=str(value.get("site", "")),
        side=Side(value["side"]) if value.get("side") else None,
        since=_day(value.get("since")),
        to_treat=value.get("to_treat"),
        ended=_day(value.get("ended")),
    )


def _day(written: object) -> date | None:
    return date.fromisoformat(written) if isinstance(written, str) and written else None
