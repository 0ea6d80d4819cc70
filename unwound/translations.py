"""What a patient reads, place by place, and how much of it each language has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unwound import (
    candidacy,
    consents,
    follow_up,
    instruments,
    intake,
    languages,
    reading,
    screens,
    self_check,
    telephones,
    therapies,
)
from unwound.finder.knowledge import finder
from unwound.finder.red_flags import emergencies
from unwound.reading import condition_pages
from unwound.record import unique

PAGES: tuple[str, ...] = (
    "is_it_proven",
    "will_it_cure",
    "side_effects",
    "how_long",
    "ask_any_clinic",
    "at_home",
    "why_painkillers_fail",
    "depressed_too",
    "short_or_long",
    "off_label",
    "cost",
    "addictive",
    "day_of_infusion",
)
"""The question pages that other languages have first; `docs/decisions.md` says why these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of one place is translated."""

    place: str
    texts: int
    missing: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing of it is shown in English."""
        return not self.missing


def first_form() -> Iterator[str]:
    """Every text of the first form; of a questionnaire none, for it has translations of its own or stays English."""
    for step in intake.steps().values():
        yield from (step.title, step.section, *step.say)
        asked = (*step.questions, *((step.duration,) if step.duration else ()))
        yield from (text for question in asked for text in (question.ask, question.help, *question.options.values()))
        yield from (text for story in step.stories for text in (story.ask, story.help))
        yield from (contact.ask for contact in step.contacts)
        yield from (region.title for region in step.regions())
        for group in step.groups:
            screen = screens.screens()[group.screen]
            yield from (screen.patient, *(item.patient for item in screen.items))


def urgent_words() -> Iterator[str]:
    """What is said at once about a red flag, on every page."""
    yield candidacy.plain.OR_US
    yield finder().nobody_reads
    yield from (text for texts in candidacy.plain_words("urgent_help").values() for text in texts)
    yield from (text for rule in emergencies().values() for text in (rule.title, *rule.say))


def when_to_call() -> Iterator[str]:
    """What goes home on paper: whom to call for what."""
    for consent in consents.consents().values():
        for section in (part for part in consent.after if part.goes_home):
            yield from (section.heading, *(line.text for line in section.lines))


def consent() -> Iterator[str]:
    """What is read before signing."""
    yield from consents.FRAME
    for text in consents.consents().values():
        yield from (text.title, *text.drugs.values())
        for section in (*text.sections, *text.after):
            yield from (section.heading, *(line.text for line in section.lines))
        for effect in text.effects:
            yield from (effect.name, effect.text.text, effect.among)
        yield from (statement.text for statement in text.statements)


def verdicts() -> Iterator[str]:
    """What the findings and the decision mean."""
    for about in ("candidacy", "depression", "found", "next_step", "letter"):
        yield from (text for texts in candidacy.plain_words(about).values() for text in texts)


def check_yourself() -> Iterator[str]:
    """The questions of the self-check and what it says in the end; names of treatments and illnesses stay English."""
    known = self_check.knowledge()
    yield from (question.ask for question in (*known.warnings, *known.crisis, *known.history))
    yield from (*known.crisis_say, known.crisis_line, known.emergency_line, *known.areas.values())
    for outcome in known.outcomes.values():
        yield from (outcome.heading, *outcome.say, *outcome.forbids, *outcome.unclear, *outcome.unknown)
    for group in (*known.warning_groups, *known.history_groups):
        screen = screens.screens()[group]
        yield from (screen.patient, *(item.patient for item in screen.items))


def pages() -> Iterator[str]:
    """The question pages of other languages."""
    for id in PAGES:
        page = reading.page("questions", id)
        yield page.title
        for section in page.sections:
            yield from (section.heading, *(line.text for line in section.lines))
            for drawing in section.drawings:
                yield from (drawing.title, drawing.line.text)


def diary() -> Iterator[str]:
    """The questions of the months after; questionnaires have translations of their own or stay English."""
    for question in follow_up.rule().questions:
        yield from (question.ask, question.more, *question.options.values())


def names() -> Iterator[str]:
    """What illnesses, treatments and countries are called in lists to choose from."""
    yield from (condition_pages.name(id) for id in self_check.knowledge().diagnoses)
    yield from (therapy.title for therapy in therapies.therapies().values())
    yield from (country.name for country in telephones.countries().values())


def questionnaires() -> Iterator[str]:
    """The questionnaires of the first form, which have a published translation or none."""
    for step in intake.steps().values():
        if step.instrument:
            yield from _texts_of(step.instrument)


def _texts_of(id: str) -> Iterator[str]:
    form = instruments.instrument(id)
    yield from (form.prompt or "", *(item.text for item in form.items), *(option.text for option in form.options))


PLACES = {
    "first_form": first_form,
    "urgent": urgent_words,
    "when_to_call": when_to_call,
    "consent": consent,
    "verdicts": verdicts,
    "self_check": check_yourself,
    "pages": pages,
    "diary": diary,
    "names": names,
    "questionnaires": questionnaires,
}
"""Every place in which a patient reads what stands in the knowledge."""
MUST_BE_WHOLE = tuple(place for place in PLACES if place != "questionnaires")
"""Places that a language has in whole or is not offered."""


def wanted(place: str) -> tuple[str, ...]:
    """The English texts of a place, each once."""
    return unique(text for text in PLACES[place]() if text)


def shares(language: str) -> tuple[Share, ...]:
    """How much of each place a language has."""
    known = languages.texts(language)
    return tuple(
        Share(
            place=place,
            texts=len(all),
            missing=tuple(
                text for text in all if text not in (known if place != "questionnaires" else _published(language))
            ),
        )
        for place, all in ((place, wanted(place)) for place in PLACES)
    )


def _published(language: str) -> frozenset[str]:
    """The texts of questionnaires that have a published translation, less what one without any shares with them."""
    there = {True: set[str](), False: set[str]()}
    for id in (step.instrument for step in intake.steps().values() if step.instrument):
        there[instruments.in_language(id, language) is not None] |= set(_texts_of(id))
    return frozenset(there[True] - there[False])


def unused(language: str, elsewhere: Mapping[str, object]) -> tuple[str, ...]:
    """Translations of texts that nobody reads any more: the English has changed or is gone.

    `elsewhere` are texts that are read beside the knowledge, as in the templates of a clinic.
    """
    read = {text for place in PLACES for text in wanted(place)} | set(elsewhere)
    return tuple(text for text in languages.texts(language) if text not in read)
