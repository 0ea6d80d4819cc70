"""Missing information that matters: every open question once, in words, with what depends on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from unwound import drugs, facts, mood, pains, places, screens, therapies
from unwound.catalogue import CitedText, Frozen, Head, Texts, load_rule
from unwound.patient import Ask
from unwound.record import unique
from unwound.therapies.knowledge import TherapyGroup
from unwound.therapies.overlap import CONFIRMED

NAMES_READ_OUT = 3
"""Names that were not read are asked about one by one up to so many; the others are counted."""
_TRIAL = "trial."
_OF_A_TRIAL = {
    "therapy": "Which treatment or active substance is «{name}»?",
    "purpose": "Was {name} taken for the pain, or for something else?",
    "dates": "When was {name} started, and when was it stopped?",
    "top_dose": "What was the highest daily dose of {name}?",
    "days": "For how many days was {name} taken in all?",
    "days_at_top": "For how many days was {name} taken at its highest dose?",
    "relief_percent": "By what percent did {name} reduce the pain?",
    "effect": "Did {name} help: not at all, somewhat, or well?",
    "stopped": "Why was {name} stopped: no effect, side effects, or another reason?",
    "ongoing": "Is {name} still being taken?",
    "adherent": "Was {name} taken as prescribed?",
    "in_this_pain": "Was {name} taken while this pain was there?",
    "dose_limited_by_side_effects": "Did side effects limit the dose of {name}?",
}


class Subject(Frozen):
    """What questions are about: the facts of some files of the vocabulary, single facts, or trials."""

    title: str
    files: Texts = ()
    facts: Texts = ()
    trials: bool = False
    last: bool = False
    """Whether it comes when everything else has been asked, and not at each round."""


class Together(Frozen):
    """Facts that one question finds out, where all of them are open."""

    facts: Texts
    ask: str


class Order(Head):
    """`data/rules/question_order.toml`: the subjects in the order in which they are asked."""

    why: CitedText
    subjects: tuple[Subject, ...]
    together: tuple[Together, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question to put to a person: about one fact, one trial, or a group of which «none of these» settles all."""

    question: str
    facts: tuple[str, ...]
    """The facts it settles, as they are read out."""
    subject: str
    group: str
    """Id of the group (`screens`); empty for a question about one fact."""
    matters_for: tuple[str, ...]
    decides: bool
    """Whether an answer could change the verdict; what is not known of a trial may, once the condition is known."""


def in_order(asks: Iterable[Ask], deciding: Collection[str], dangerous: Collection[str] = ()) -> tuple[Inquiry, ...]:
    """The questions as they are put: those that could decide first, in rounds through the subjects (`order`).

    What is asked as a group (`screens`) is one question, unless only one of its items is open; what is not known of one
    trial is asked together, and so is what is asked in the same words. `deciding` are the facts that could change the
    verdict; `dangerous` are those of red flags that nobody has asked about, which come first where all else is decided.
    Names that were not read come before everything, those of medicines as one question and those of treatments too.
    """
    inquiries = [_inquiry(members, deciding) for members in _grouped(tuple(asks))]
    names = [inquiry for inquiry in inquiries if inquiry.facts[0].startswith(drugs.UNREAD)]
    first = [inquiry for inquiry in inquiries if not frozenset(dangerous).isdisjoint(inquiry.facts)]
    rest = [inquiry for inquiry in inquiries if inquiry not in first and inquiry not in names]
    return (*names, *_in_rounds(first), *_in_rounds(rest))


def before_all_others(deciding: Collection[str], dangerous: Collection[str]) -> str:
    """The question that `in_order` puts first whatever else is asked, as long as every name was read: the one that the
    first subject names first, where it could decide and nothing dangerous comes before it. Empty where there is none.
    """
    first = order().subjects[0].facts[0]
    together = next((entry for entry in order().together if first in entry.facts), None)
    if together is None or not frozenset(together.facts).issubset(deciding):
        return ""
    return together.ask if not dangerous or first in dangerous else ""


def _words(asks: tuple[Ask, ...], group: str) -> str:
    """One question for all of them."""
    if group:
        return screens.screens()[group].clinician
    if asks[0].fact == CONFIRMED:
        return asks[0].question
    if (at_once := _asked_at_once().get(asks[0].fact)) and len(asks) > 1:
        return at_once
    if len(asks) > 1 and all(ask.fact.startswith(_TRIAL) for ask in asks) and len({_field(a.fact) for a in asks}) == 1:
        *names, last = (_name_of(ask.fact) for ask in asks)
        return _of_trial(_field(asks[0].fact), f"each of {', '.join(names)} and {last}")
    words = unique(ask.question for ask in asks)
    if asks[0].fact.startswith(drugs.UNREAD) and len(words) > NAMES_READ_OUT:
        return f"{' '.join(words[:NAMES_READ_OUT])} And {len(words) - NAMES_READ_OUT} more names are not recognised."
    return " ".join(words)


def _in_rounds(inquiries: list[Inquiry]) -> list[Inquiry]:
    """The first of each subject, then the second of each; what cannot decide comes after all that can."""
    asked: Counter[tuple[bool, str]] = Counter()
    placed = list[tuple[tuple[bool, bool, int, int], Inquiry]]()
    turn = {subject.title: place for place, subject in enumerate(order().subjects)}
    last = {subject.title for subject in order().subjects if subject.last}
    for inquiry in sorted(inquiries, key=_weight):
        of = (inquiry.decides, inquiry.subject)
        key = (not inquiry.decides, inquiry.subject in last, asked[of] + _waits(inquiry), turn[inquiry.subject])
        placed.append((key, inquiry))
        asked[of] += 1
    return [inquiry for _, inquiry in sorted(placed, key=lambda entry: entry[0])]


def _weight(inquiry: Inquiry) -> tuple[bool, int, int]:
    """Those that could decide first, then what its subject names by itself, then by how much turns on each."""
    named = _subject(inquiry.facts[0]).facts
    named_at = [named.index(fact) for fact in inquiry.facts if fact in named]
    return not inquiry.decides, min(named_at, default=len(named)), -len(inquiry.matters_for)


def _grouped(asks: tuple[Ask, ...]) -> Iterable[tuple[Ask, ...]]:
    """The open questions: those of one group, of one trial and of the same words together, in first order."""
    members: dict[str, list[Ask]] = {}
    confirming = any(ask.fact == CONFIRMED for ask in asks)
    of_class = Counter(_class_of(ask.fact) for ask in asks if _is_purpose(ask.fact))
    for ask in sorted(asks, key=lambda ask: (ask.fact != CONFIRMED, ask.fact != places.SITE)):
        key = _together(ask, confirming)
        if _is_purpose(ask.fact) and not confirming and of_class[_class_of(ask.fact)] > 1:
            key = f"{_TRIAL}{_class_of(ask.fact)} purpose"  # of several medicines of one class it is asked once
        members.setdefault(key, []).append(ask)
    alike: dict[str, list[Ask]] = {}
    for key, group in members.items():
        # Of several trials that lack the same single thing, all are asked in one question.
        lacks_one_thing = len(group) == 1 and group[0].fact.startswith(_TRIAL)
        alike.setdefault(_field(group[0].fact) if lacks_one_thing else key, []).extend(group)
    return (tuple(group) for group in alike.values())


def _together(ask: Ask, confirming: bool) -> str:
    """What is asked with it: its group, its trial, or whatever is asked in the same words (a pressure has two).

    Where all trials are to be confirmed at once, that settles what is unknown of purpose and dates.
    """
    if ask.fact.startswith(_TRIAL):
        settled = confirming and _field(ask.fact) in ("purpose", "dates", "adherent")
        return in_words(CONFIRMED) if settled else ask.fact.rpartition(".")[0]
    if ask.fact.startswith(drugs.UNREAD):
        return ask.fact.partition(".")[0]
    return screens.group_of().get(ask.fact) or _asked_at_once().get(ask.fact) or ask.question


@cache
def _asked_at_once() -> Mapping[str, str]:
    """Fact -> the one question that finds it out with others."""
    return {fact: together.ask for together in order().together for fact in together.facts}


def _is_purpose(fact: str) -> bool:
    return fact.startswith(_TRIAL) and _field(fact) == "purpose"


def _class_of(fact: str) -> str:
    """The class of the treatment that a question about a trial is about; of one without a class the treatment."""
    written = _written(fact)
    therapy = therapies.therapies().get(therapies.therapy_of(written) or "")
    return therapy.drug_class if therapy else written


def _written(fact: str) -> str:
    """The treatment that a question about a trial is about, as it was written."""
    return fact.removeprefix(_TRIAL).rpartition(".")[0]


def _field(fact: str) -> str:
    return fact.rpartition(".")[2]


def _inquiry(asks: tuple[Ask, ...], deciding: Collection[str]) -> Inquiry:
    first = asks[0]
    group = screens.group_of().get(first.fact, "") if len(asks) > 1 else ""
    return Inquiry(
        question=_words(asks, group),
        facts=tuple(ask.fact for ask in asks),
        subject=_subject_of(asks),
        group=group,
        matters_for=unique(what for ask in asks for what in ask.matters_for),
        decides=any(ask.fact in deciding or ask.fact.startswith((_TRIAL, *drugs.UNREAD)) for ask in asks),
    )


def _waits(inquiry: Inquiry) -> bool:
    """Whether it waits a round: it is about treatments of which none is a medicine, and no rule for refractory pain
    counts those."""
    return all(fact.startswith(_TRIAL) and not _may_be_a_medicine(fact) for fact in inquiry.facts)


def _may_be_a_medicine(fact: str) -> bool:
    therapy = therapies.therapies().get(therapies.therapy_of(_written(fact)) or "")
    return therapy is None or therapy.group in _MEDICINES


_MEDICINES = (TherapyGroup.DRUG, TherapyGroup.OPIOID, TherapyGroup.TOPICAL, TherapyGroup.COMBINATION)


def _subject_of(asks: tuple[Ask, ...]) -> str:
    """What most of what is asked together is about: that a stroke is among them makes a group no question of area."""
    titles = Counter(_subject(ask.fact).title for ask in asks)
    return titles.most_common(1)[0][0]


def order() -> Order:
    """The subjects in their order, and why."""
    return load_rule("question_order", Order)


def _subject(fact: str) -> Subject:
    subjects = order().subjects
    if fact.startswith((_TRIAL, *drugs.UNREAD)):
        return next(subject for subject in subjects if subject.trials)
    return _subjects().get(fact) or (subjects[0] if pains.question(fact) else subjects[-1])


@cache
def _subjects() -> Mapping[str, Subject]:
    """Fact -> what it is about; a fact that is named by itself goes before the file it stands in."""
    subjects = order().subjects
    of_files = {id: subject for subject in subjects for file in subject.files for id in facts.groups()[file].facts}
    return {**of_files, **{id: subject for subject in subjects for id in subject.facts}}


def without_unread(asks: Iterable[Ask], names: Iterable[Ask]) -> tuple[Ask, ...]:
    """The questions without «which treatment is this?» of a trial whose name is asked about already, among `names`."""
    asked = {f"{_TRIAL}{each.fact.removeprefix(of)}.therapy" for each in names for of in drugs.UNREAD}
    return tuple(ask for ask in asks if ask.fact not in asked)


def gather(asked: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Ask, ...]:
    """Pairs of what matters and the facts it asks for -> each fact once, in first order, with what depends on it."""
    dependents: dict[str, list[str]] = {}
    for what, ids in asked:
        for id in ids:
            matters_for = dependents.setdefault(id, [])
            if what not in matters_for:
                matters_for.append(what)
    return tuple(Ask(id, in_words(id), tuple(matters_for)) for id, matters_for in dependents.items())


def in_words(id: str) -> str:
    """The question that finds a fact out: a fact of the vocabulary, or of a trial («trial.gabapentin.days»)."""
    question = facts.vocabulary().get(id)
    if question is not None:
        return question.ask
    special = mood.question(id) or pains.question(id)
    if special is not None:
        return special
    return _of_trial(_field(id), _name_of(id))


def _name_of(fact: str) -> str:
    """The treatment that a question about a trial is about, in words."""
    written = _written(fact)
    therapy = therapies.therapies().get(written)
    return (therapy.title if therapy else written).lower().replace("_", " ")


def _of_trial(field: str, name: str) -> str:
    words = _OF_A_TRIAL.get(field, f"What is known about {{name}} ({field.replace('_', ' ')})?")
    return words.format(name=name)
