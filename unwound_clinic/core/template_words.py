"""Filters for templates: times in the site's zone, wording of verdicts, three-valued answers, numbers to call."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import formats
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

from unwound import catalogue, evidence, languages, questions, record, telephones
from unwound.candidacy import Verdict
from unwound.cautions import CautionLevel
from unwound.report import words
from unwound.report.words import three
from unwound.terms import TrialVerdict
from unwound_clinic.core import file_reviews, own_knowledge, speaking
from unwound_clinic.models import OrderState

register = template.Library()
_ID = re.compile(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b")
CLASSES: Mapping[str, str] = {
    Verdict.CANDIDATE: "good",
    Verdict.CONTROLLED: "plain",
    Verdict.NOT_REFRACTORY: "plain",
    Verdict.FIRST_LINE_FIRST: "plain",
    Verdict.NOT_A_CANDIDATE: "stop",
    Verdict.CANNOT_TELL: "ask",
    TrialVerdict.RESPONDED: "good",
    TrialVerdict.FAILED_ADEQUATE: "stop",
    TrialVerdict.INTOLERANT: "stop",
    TrialVerdict.INADEQUATE: "ask",
    CautionLevel.STOP: CautionLevel.STOP,
    CautionLevel.ASK: CautionLevel.ASK,
    CautionLevel.NOTE: "plain",
    OrderState.ORDERED: "ask",
    OrderState.CHECKED: "good",
    OrderState.DONE: "good",
    OrderState.REFUSED: "stop",
    OrderState.CANCELLED: "stop",
}
"""Verdict, level or state of an order -> the class of its card or badge."""
ANSWERS = {True: "good", False: "stop", None: "ask"}


@register.simple_tag
def page_language() -> str:
    """The language of the page, by its two letters."""
    return speaking.now()


@register.filter
def said(text: str) -> str:
    """A text of the knowledge in the language of the page."""
    return speaking.said(text)


@register.filter
def day_in_words(day: date) -> str:
    """A day with its month: «5 May 2026», «5 de mayo de 2026»."""
    return formats.date_format(day, "j F Y" if speaking.now() == languages.ENGLISH else "DATE_FORMAT")


@register.simple_tag
def review_line() -> str:
    """How many of the knowledge files say of themselves that a clinician reviewed them."""
    return catalogue.review_line()


@register.simple_tag
def reviews_here() -> str:
    """The same with what clinicians of this clinic signed."""
    return file_reviews.line()


@register.filter
def at(moment: datetime | None, site: Any) -> str:
    """A time in the site's zone, «21 Nov 2026 14:05»; on a page in another language as that writes it."""
    if moment is None:
        return ""
    there = moment.astimezone(site.zone)
    if speaking.now() == languages.ENGLISH:
        return record.minute(there)
    return f"{formats.date_format(there, 'DATE_FORMAT')}, {there:%H:%M}"


@register.filter
def to_second(moment: datetime, site: Any) -> str:
    """A time in the site's zone, «21 Nov 2026 14:05:09»."""
    local = moment.astimezone(site.zone)
    return f"{record.minute(local)}{local::%S}"


@register.filter
def day_in_short(day: date | str) -> str:
    """A day, or the ISO text of one in a stored review, as «28 Nov 2026»."""
    return record.day_as_written(day) if isinstance(day, str) else record.day(day)


@register.filter
def born(day: date | None) -> str:
    """«born 3 May 1960», beside a name."""
    return f"born {record.day(day)}" if day else "date of birth not known"


@register.filter
def reference(id: str) -> str:
    """The source of that id in one line; its id where an old record cites what is no longer shipped."""
    return evidence.reference(id) if id in evidence.studies() else spaced(id)


@register.filter
def source_name(id: str) -> str:
    """What a source is called beside what it says: «Cohen 2018»."""
    return evidence.short(id) if id in evidence.studies() else spaced(id)


@register.filter
def version_in_words(text: str) -> str:
    """The version of a consent text: «ketamine infusion, version 2026-11-21.2»."""
    name, _, version = text.partition(" ")
    return f"{spaced(name)}, version {version}" if version else text


@register.filter
def sources_named(text: str | Sequence[str]) -> str:
    """A sentence of a review or plan, or several set apart by «;», with its sources as they are called: «(Cohen 2018)».

    Sentences are joined here: what `join` escaped before would be escaped again.
    """
    text = text if isinstance(text, str) else "; ".join(text)
    return _ID.sub(lambda id: evidence.short(id[0]) if id[0] in evidence.studies() else id[0], str(text))


@register.filter
def answer(value: Any) -> str:
    """Yes, no or not known; numbers and text as they are."""
    if value is None or isinstance(value, bool):
        return three(value)
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else str(value)


@register.filter
def spaced(word: str) -> str:
    """«failed-adequate» as «failed adequate»."""
    return str(word).replace("-", " ").replace("_", " ")


@register.filter
def item(mapping: Any, key: Any) -> Any:
    """The value of a key."""
    return mapping.get(key)


@register.filter
def times(number: float, factor: float) -> str:
    """A number multiplied, for coordinates of a drawing."""
    return f"{number * factor:.1f}"


@register.filter
def wording(word: Any, table: str) -> str:
    """A verdict, level or line in the wording of the reports: `{{ verdict|wording:"VERDICTS" }}`."""
    return str(getattr(words, table).get(word, spaced(str(word or "not known"))))


@register.filter
def verdict_for(verdict: str, aim: str) -> str:
    """A verdict in words, as it is said of this aim: `{{ decision.decided|verdict_for:decision.aim }}`."""
    return wording(verdict, "DEPRESSION_VERDICTS" if aim == "depression" else "VERDICTS")


@register.filter
def dial(text: str) -> str:
    """What a telephone dials for the first number in a text; empty where there is none."""
    numbers = telephones.numbers_in(text or "")
    return telephones.digits(numbers[0]) if numbers else ""


@register.simple_tag
def emergency_call(site: Any) -> str:
    """The site's emergency number as a link, or a phrase where none is known."""
    number = getattr(site, "emergency", "")
    return to_call(number) if number else "your local emergency number"


@register.filter
def to_call(sentence: str) -> SafeString:
    """A sentence for a patient with its telephone numbers as links."""
    html, rest = SafeString(), sentence
    for number in telephones.numbers_in(sentence):
        before, _, rest = rest.partition(number)
        link = format_html('<a class="nowrap" href="tel:{}">{}</a>', telephones.digits(number), number)
        html += escape(before) + link
    return html + escape(rest)


@register.filter
def question(id: str) -> str:
    """The question that a missing fact asks."""
    return questions.in_words(id)


@register.filter
def verdict_class(verdict: str) -> str:
    """The class for the colour of a verdict: good, ask, stop or none."""
    return CLASSES.get(verdict, "")


@register.filter
def answer_class(holds: bool | None) -> str:
    """The class for the colour of a three-valued answer; what is not known is to be asked."""
    return ANSWERS[holds]


@register.filter
def directions(views: Any) -> list[tuple[str, int]]:
    """How many views point in each direction, in the order of the report."""
    counts = Counter(view["direction"] for view in views)
    return [(direction, counts[direction]) for direction in words.DIRECTIONS if counts[direction]]


@register.filter
def holding(findings: Any) -> list[Any]:
    """The findings that hold, without those that are only to be asked about."""
    return [finding for finding in findings if finding["holds"]]


@register.filter
def other_stops(review: Any) -> list[Any]:
    """The contraindications of a review, as stored, that are no emergency: all of them, however many there are."""
    urgent = {finding["id"] for finding in review["red_flags"]}
    return [
        finding
        for finding in holding(review["findings"])
        if finding["level"] == CautionLevel.STOP and finding["id"] not in urgent
    ]


@register.filter
def loosened(fingerprint: str) -> list[str]:
    """What was looser than built in, in the clinic's own knowledge of that fingerprint, and who answers for it."""
    return [row.line for row in own_knowledge.loosened_by(str(fingerprint or ""))]
