"""The months after a course: on which days a patient is asked what, and what becomes of each asking.

Days, hours, questions and the words that are urgent are in `data/rules/follow_up.toml`. An asking is a row of events;
`standing` reads them, `next_step` says what is due. Nothing is ever due once it was answered, declined or ended,
however the events came in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cache
from typing import Annotated

from pydantic import Field, model_validator

from unwound import instruments, record, vocabulary
from unwound.catalogue import Cited, CitedText, Frozen, Head, load_rule
from unwound.cautions import CautionKind, CautionLevel, Finding, cautions
from unwound.record import unique
from unwound.terms import Word

Answered = str | Sequence[str]
"""An answer: the id of an option, several of them, or a text."""


class At(Frozen):
    """A moment of the site's clock: so many days after the asking, at that hour."""

    days: Annotated[int, Field(ge=0, le=27)]
    hour: Annotated[int, Field(ge=7, le=20)]


class Phase(Frozen):
    """A stretch of the months after: its days, counted from the last infusion, and when it reminds."""

    id: str
    days: tuple[int, ...]
    remind: tuple[At, ...]
    because: CitedText


class Choice(Frozen):
    """One answer that can be tapped."""

    id: str
    text: str


class Question(Frozen):
    """One question: a questionnaire, a choice with an optional text beside it, or a text."""

    id: str
    phases: tuple[str, ...] = ()
    """In which phases it is asked; in all where none is named."""
    only_on_mood_days: bool = False
    instrument: str = ""
    ask: str = ""
    choices: tuple[Choice, ...] = ()
    several: bool = False
    text: bool = False
    more: str = ""
    """What is asked beside «yes»."""
    fact: str = ""
    """The yes/no fact that it answers."""
    urgent: tuple[str, ...] = ()
    """Options that take the urgent path at once."""
    look_at: tuple[str, ...] = ()
    """Options that somebody of the team reads; «*» is any answer."""

    @property
    def options(self) -> dict[str, str]:
        """Its answers: id -> how a patient reads it."""
        return {choice.id: choice.text for choice in self.choices}

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Question:
        # Each kind of question has a mistake of its own that would show only when a patient is asked.
        if sum(map(bool, (self.instrument, self.options, self.text))) != 1 or bool(self.ask) == bool(self.instrument):
            raise ValueError(f"{self.id}: a question is a questionnaire, a choice or a text")
        if self.instrument and instruments.instrument(self.instrument).licence.verdict != "green":
            raise ValueError(f"{self.id}: the items of {self.instrument} may not be shown")
        if unknown := (set(self.urgent) | set(self.look_at)) - {*self.options, "*"}:
            raise ValueError(f"{self.id}: no such option: {', '.join(sorted(unknown))}")
        if self.fact and (vocabulary.question_of(self.fact).type != "yes-no" or set(self.options) != {"yes", "no"}):
            raise ValueError(f"{self.id}: {self.fact} is not answered with yes or no")
        return self


class Urgent(Frozen):
    """What is urgent in an answer, and what the team does about it."""

    title: str
    words: tuple[str, ...]
    action: CitedText


class Example(Frozen):
    """Answers, and whether they are urgent."""

    name: str
    answers: Mapping[str, str | tuple[str, ...]]
    urgent: bool


class Rule(Head):
    """`data/rules/follow_up.toml`."""

    ask_hour: Cited
    call_hour: Cited
    latest_hour: Cited
    least_hours_between: Cited
    mood_days: tuple[int, ...]
    mood_because: CitedText
    stop_words: tuple[str, ...]
    phases: tuple[Phase, ...]
    questions: tuple[Question, ...]
    urgent: Urgent
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _days_follow_one_another(self) -> Rule:
        # Days or ids that repeat would let a later question replace an earlier one without a word.
        days = [day for phase in self.phases for day in phase.days]
        if not days or days != sorted(set(days)) or days[0] < 1 or not set(self.mood_days) <= set(days):
            raise ValueError("the days follow one another, from 1 on, and those of mood are among them")
        ids = [question.id for question in self.questions]
        if len(set(ids)) != len(ids):
            raise ValueError("two questions have one id")
        return self


def rule() -> Rule:
    """The rule of asking."""
    return load_rule("follow_up", Rule)


@dataclass(frozen=True, slots=True)
class Day:
    """One day on which a patient is asked: how many days after the last infusion, and the date."""

    number: int
    on: date
    phase: str


def schedule(last_infusion: date, since: date | None = None) -> tuple[Day, ...]:
    """Every day of asking after a course; with `since`, the day on which the patient agreed, none before it."""
    days = (
        Day(number, last_infusion + timedelta(days=number), phase.id)
        for phase in rule().phases
        for number in phase.days
    )
    return tuple(day for day in days if since is None or day.on >= since)


def phase_of(number: int) -> Phase:
    """The phase of a day; ValueError where nobody is asked on it."""
    for phase in rule().phases:
        if number in phase.days:
            return phase
    raise ValueError(f"nobody is asked on day {number} after a course")


def questions(number: int) -> tuple[Question, ...]:
    """What is asked on that day after the last infusion, in order."""
    phase, mood = phase_of(number).id, number in rule().mood_days
    return tuple(
        question
        for question in rule().questions
        if (not question.phases or phase in question.phases) and (mood or not question.only_on_mood_days)
    )


class What(Word):
    """What can happen to one asking."""

    ASKED = "asked"
    REMINDED = "reminded"
    OPENED = "opened"
    BOUNCED = "bounced"
    NOT_REACHED = "not-reached"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    DIED = "died"
    LAPSED = "lapsed"


FINAL = frozenset({What.DONE, What.DECLINED, What.WITHDRAWN, What.DIED, What.LAPSED})
"""After one of these nothing is sent and nobody is called about this asking."""
ENDS_ALL = frozenset({What.WITHDRAWN, What.DIED})
"""After one of these the patient is not asked again."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an asking, at a moment with its zone."""

    what: What
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an asking stands."""

    over: What | None = None
    """How it ended; None while it is open."""
    asked_at: datetime | None = None
    reminders: int = 0
    last_sent_at: datetime | None = None
    opened_at: datetime | None = None
    bounced: bool = False
    last_called_at: datetime | None = None
    calls: int = 0


def after(standing: Standing, event: Event) -> Standing:
    """How it stands after an event; one branch for each that changes something.

    An end stays an end, but for an answer that arrives after a diary had lapsed or was declined: it was given. Death
    and withdrawal outlast it.
    """
    what, at = event.what, event.at
    if what in ENDS_ALL or (what == What.DONE and standing.over not in ENDS_ALL):
        return replace(standing, over=standing.over if standing.over == What.DIED else what)
    if standing.over is not None:
        return standing
    if what in FINAL:
        return replace(standing, over=what)
    if what == What.ASKED:
        return replace(standing, asked_at=standing.asked_at or at, last_sent_at=at)
    if what == What.REMINDED:
        return replace(standing, reminders=standing.reminders + 1, last_sent_at=at)
    if what == What.OPENED:
        return replace(standing, opened_at=standing.opened_at or at)
    if what == What.BOUNCED:
        return replace(standing, bounced=True)
    return replace(standing, last_called_at=at, calls=standing.calls + 1)


def standing(events: Iterable[Event]) -> Standing:
    """How an asking stands after its events, in whatever order they are given: they are taken by time."""
    now = Standing()
    for event in sorted(events, key=lambda event: (event.at, list(What).index(event.what))):
        now = after(now, event)
    return now


class Channel(Word):
    """How a patient agreed to be asked."""

    EMAIL = "email"
    SMS = "sms"
    TELEPHONE = "telephone"
    NONE = "none"


class Step(Word):
    """What is due for an asking."""

    ASK = "ask"
    REMIND = "remind"
    CALL = "call"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One asking as it stands: its day, how the patient is reached, and when the next day of asking follows."""

    day: Day
    channel: Channel
    standing: Standing
    zone: tzinfo
    next_on: date | None = None
    reachable: bool = True
    """Whether messages can arrive: an address is there, and nothing came back from it."""


def next_step(asked: Asked, now: datetime) -> Step | None:
    """What is due now; None where nothing is. A branch for each reason why nothing is sent."""
    here = asked.standing
    if here.over is not None or asked.channel == Channel.NONE:
        return None
    if now >= lapses_at(asked):
        return Step.LAPSE
    if now < _at(asked, asked.day.on, _hour(rule().ask_hour)):
        return Step.CALL if on_call_list(asked, now) else None
    if on_call_list(asked, now):
        return Step.CALL
    if not _by_message(asked) or not _may_send(asked, now):
        return None
    if here.asked_at is None:
        return Step.ASK
    reminders = phase_of(asked.day.number).remind
    if here.reminders < len(reminders) and now >= _reminder_at(asked, reminders[here.reminders]):
        return Step.REMIND
    return None


def on_call_list(asked: Asked, now: datetime) -> bool:
    """Whether somebody calls the patient today about this asking.

    By telephone: from the morning of its day. By message: the morning after the last reminder, or after a message that
    came back or could not be sent. A call that reached nobody is made again the next morning.
    """
    here = asked.standing
    if here.over is not None or asked.channel == Channel.NONE or now >= lapses_at(asked):
        return False
    morning = _call_from(asked)
    if morning is None or now < morning:
        return False
    if here.last_called_at is None:
        return True
    return now >= _morning_after(asked, here.last_called_at)


def lapses_at(asked: Asked) -> datetime:
    """When an asking is over without an answer: as the next one begins, or four weeks later."""
    on = asked.next_on or asked.day.on + timedelta(days=28)
    return _at(asked, on, 0)


def _call_from(asked: Asked) -> datetime | None:
    """The morning from which the patient is called; None while messages go on."""
    here = asked.standing
    if asked.channel == Channel.TELEPHONE:
        return _at(asked, asked.day.on, _hour(rule().call_hour))
    if here.bounced or not asked.reachable:
        last = here.last_sent_at or _at(asked, asked.day.on, _hour(rule().ask_hour))
        return _morning_after(asked, last)
    if here.last_sent_at is not None and here.reminders >= len(phase_of(asked.day.number).remind):
        return _morning_after(asked, here.last_sent_at)
    return None


def _by_message(asked: Asked) -> bool:
    usable = asked.channel in (Channel.EMAIL, Channel.SMS) and asked.reachable
    return usable and not asked.standing.bounced


def _may_send(asked: Asked, now: datetime) -> bool:
    """Whether it is neither night at the site nor too soon after the message before."""
    local, last = now.astimezone(asked.zone), asked.standing.last_sent_at
    if not _hour(rule().ask_hour) <= local.hour < _hour(rule().latest_hour):
        return False
    return last is None or now - last >= timedelta(hours=rule().least_hours_between.value)


def _reminder_at(asked: Asked, at: At) -> datetime:
    """The moment of a reminder; an asking that was sent late counts from its own day."""
    first = asked.standing.asked_at
    begin = max(asked.day.on, first.astimezone(asked.zone).date()) if first else asked.day.on
    return _at(asked, begin + timedelta(days=at.days), at.hour)


def _morning_after(asked: Asked, moment: datetime) -> datetime:
    return _at(asked, moment.astimezone(asked.zone).date() + timedelta(days=1), _hour(rule().call_hour))


def _at(asked: Asked, on: date, hour: int) -> datetime:
    return datetime.combine(on, time(hour), asked.zone)


def _hour(cited: Cited) -> int:
    return int(cited.value)


def is_stop(text: str) -> bool:
    """Whether a message asks to be left alone: one of the words, alone, in any case and punctuation."""
    return " ".join(re.findall(r"[^\W\d_]+", text.casefold())) in rule().stop_words


def why_urgent(answers: Mapping[str, Answered]) -> tuple[str, ...]:
    """What in the answers must be acted on at once, in words; nothing where nothing is.

    Item 9 of the PHQ-9 is judged with the record, as everywhere. Words count however they are meant: who writes «not
    hopeless» is called once too often.
    """
    reasons = []
    for question in rule().questions:
        chosen = _given(answers.get(question.id, ()))
        reasons += [f"«{question.ask}» was answered «{question.options[id]}»" for id in chosen if id in question.urgent]
    for id, written in answers.items():
        for words in _urgent_words().findall(_plain(" ".join(_given(written)))) if _is_text(id) else ():
            reasons.append(f"wrote «{words}»")
    return tuple(unique(reasons))


def urgent_finding(answers: Mapping[str, Answered], on: date) -> Finding | None:
    """The finding that answers of that day raise, for the urgent path of the record; None where nothing is urgent."""
    reasons = why_urgent(answers)
    if not reasons:
        return None
    known = rule().urgent
    return Finding(
        id="diary_hopeless",
        title=known.title,
        kind=CautionKind.SUICIDE_RISK,
        level=CautionLevel.STOP,
        because=tuple(f"{reason} ({record.day(on)})" for reason in reasons),
        boundary="",
        action=known.action.text,
        ask=(),
        sources=(known.action.source,),
        checked=known.action.checked,
    )


def to_look_at(answers: Mapping[str, Answered]) -> tuple[str, ...]:
    """Which questions have an answer that somebody of the team reads, by id."""
    return tuple(
        question.id
        for question in rule().questions
        for chosen in [_given(answers.get(question.id, ()))]
        if chosen and ("*" in question.look_at or set(chosen) & {*question.look_at, *question.urgent})
    )


def _given(answer: Answered) -> tuple[str, ...]:
    return (answer,) if isinstance(answer, str) and answer else tuple(answer)


def _is_text(id: str) -> bool:
    asked = {question.id: question for question in rule().questions}
    return id.endswith("-more") or (id in asked and asked[id].text)


@cache
def _urgent_words() -> re.Pattern[str]:
    """The words of the rule, and how patients say what the cautions on suicide are about."""
    risks = (known for known in cautions().values() if known.kind == CautionKind.SUICIDE_RISK)
    of_cautions = (phrase for known in risks for phrase in known.lay_phrases)
    words = sorted({_plain(words) for words in (*rule().urgent.words, *of_cautions)}, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, words)) + r")(?!\w)")


def _plain(text: str) -> str:
    """Lower case without accents, one kind of apostrophe, single spaces."""
    straight = text.casefold().replace("’", "'").replace("`", "'").replace("´", "'")
    apart = unicodedata.normalize("NFKD", straight)
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())
