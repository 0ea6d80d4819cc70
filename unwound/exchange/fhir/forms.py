"""Filled forms: a QuestionnaireResponse, and single answers that tell a fact by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from unwound import instruments
from unwound.exchange.fhir import form_answers, form_items
from unwound.exchange.fhir.chart import Chart, Unreadable
from unwound.exchange.fhir.form_answers import may_be_yes, shown, total_value
from unwound.exchange.fhir.form_questions import (
    Asked,
    address_of,
    is_about_self_harm,
    is_beside,
    is_total,
    is_total_by_words,
    items_of,
    leaves,
    questionnaire_of,
    questions,
)
from unwound.exchange.fhir.form_tables import (
    NoNumber,
    Other,
    Place,
    called,
    codes_by_text,
    form_tables,
    holds,
    no_number_by_code,
    other_called,
    others_by_code,
    panels,
    places,
)
from unwound.exchange.fhir.shapes import Moment, Object, codings, obj, objects, tail, text
from unwound.exchange.fhir.tables import worded
from unwound.exchange.names import quoted
from unwound.patient import Answers
from unwound.record import unique

_MOST_QUOTED = 20
_FEW = 2
"""How many questions of a form it takes to speak of that form."""


@dataclass(slots=True, kw_only=True)
class _Response:
    """One response while it is read."""

    asked: Sequence[Asked]
    when: Moment | None
    chart: Chart
    troubles: list[str] = field(default_factory=list)
    heard: list[Asked] = field(default_factory=list)
    """Questions whose answers became a fact, or stand in a message already."""
    known: list[Asked] = field(default_factory=list)
    """Questions that belong to a form that was read, or to the doubt about it."""


def read(response: Object, chart: Chart) -> bool:
    """Read the known forms and single answers of a response; False when it holds none.

    A form whose questions or answers are in doubt is not scored: it is said why, with its answers.
    """
    questionnaire = questionnaire_of(response, chart)
    state, when = text(response.get("status")).lower(), chart.when(response.get("authored"))
    reading = _Response(asked=questions(response, questionnaire), when=when, chart=chart)
    if state not in ("completed", "amended"):
        if state != "entered-in-error":
            _unfinished(state, _names(response, questionnaire, reading.asked), reading)
        return False
    if chart.is_later(when):
        return False
    used = [_told(reading), _read_forms(reading, _names(response, questionnaire, reading.asked))]
    _note_no_numbers(reading)
    _note_self_harm(reading)
    if not any(used) and any("answerOption" in item and "answer" not in item for item in leaves(response.get("item"))):
        raise Unreadable("its items carry «answerOption» (a field of Questionnaire) where «answer» should be")
    if reading.troubles and not any(used):
        raise Unreadable("; ".join(unique(reading.troubles)))
    for trouble in unique(reading.troubles):
        chart.problem(trouble)
    if any(used):
        _name_the_others(reading)
    return any(used)


def _unfinished(state: str, names: frozenset[str], reading: _Response) -> None:
    """Say of a form that is not finished, or not known to be, what of it may be thoughts of death or self-harm."""
    what = {
        "in-progress": "this form is not finished (status in-progress)",
        "stopped": "this form was not finished (status stopped)",
    }.get(state, f"whether this form is finished is not known ({f'status {quoted(state)}' if state else 'no status'})")
    line = f"{what}; its answers were not read"
    for form in sorted(names & instruments.instruments().keys()):
        placed = form_items.place(form, reading.asked) if instruments.instruments()[form].items else None
        if placed is not None and not _is_plainly_no(form, placed):
            line += _may_be_grave(form, (*placed.loose, *placed.items.values()), placed, reading)
    reading.chart.problem(line)
    _note_self_harm(reading)
    _leave_open(names, reading)


def _is_plainly_no(form: str, placed: form_items.Placed) -> bool:
    """Whether the question on thoughts of death or self-harm is known, and answered with no."""
    grave = form_tables().self_harm.codes
    asked = [
        placed.items.get(at) for at, item in enumerate(instruments.instruments()[form].items) if item.loinc in grave
    ]
    return not placed.doubt and all(each and each.answers and not any(map(may_be_yes, each.answers)) for each in asked)


# ---- which forms a response holds


def _names(response: Object, questionnaire: Object | None, asked: Sequence[Asked]) -> frozenset[str]:
    """The forms that the response says it answers: our ids, and the titles of forms that are not read."""
    address = address_of(response).split("|")[0]
    extensions = objects(obj(response.get("_questionnaire")).get("extension"))
    written = [tail(address), *(text(each.get("valueString")) for each in extensions)]
    whole = obj(questionnaire)
    written += [text(whole.get(key)) for key in ("name", "title", "id")] + [tail(text(whole.get("url")))]
    codes = [tail(address), *(coding.code for each in objects(whole.get("code")) for coding in codings(each))]
    names = {name for each in written for name in called(each)} | {panels()[code] for code in codes if code in panels()}
    names |= {others_by_code()[code].title for code in codes if code in others_by_code()}
    return frozenset(names or _names_by_links(asked))


def _names_by_links(asked: Sequence[Asked]) -> frozenset[str]:
    """The one form that every link speaks of, where nothing else names it: «phq9-1» to «phq9-9»."""
    spoken = {called(each.link) for each in asked}
    return spoken.pop() if len(spoken) == 1 else frozenset()


def _read_forms(reading: _Response, names: frozenset[str]) -> bool:
    """Read every form that is there; a form that is known and not read is named."""
    other = other_called(names) or _other_by_questions(reading.asked)
    if other is not None:
        answers = (
            f". Its answers: {_quoted_answers(reading.asked)}" if any(each.answers for each in reading.asked) else ""
        )
        asking = ". Please ask about thoughts of death or self-harm" if other.asks_of_death else ""
        reading.troubles.append(f"the form «{other.title}» is not read: {other.why}{answers}{asking}")
        _leave_open([other.stands_for], reading)
        return False
    named = sorted(names & instruments.instruments().keys())
    alone = named[0] if len(named) == 1 else ""
    forms = _present(alone, reading.asked)
    if not forms and (lines := _known_in_part(reading)):
        reading.troubles.append(lines)
    elif not forms and len(named) > 1:
        titles = ", ".join(instruments.instrument(form).title for form in named)
        reading.troubles.append(f"it is called by several forms ({titles}), and its questions are not known")
        _leave_open(named, reading)
    used = [_read_form(form, form == alone, reading) for form in forms]
    return any(used)


def _leave_open(forms: Iterable[str], reading: _Response) -> None:
    """Say of those of our forms that this may have been that nothing of it could be read."""
    for form in forms:
        if form in instruments.instruments():
            reading.chart.in_doubt(form, reading.when)


def _other_by_questions(asked: Sequence[Asked]) -> Other | None:
    for each in asked:
        for code in each.codes:
            if code in others_by_code():
                return others_by_code()[code]
        for other in form_tables().others:
            if any(holds(written, other.words) for written in each.texts):
                return other
    return None


def _present(named: str, asked: Sequence[Asked]) -> list[str]:
    """The forms of a response: the one it names, those of its codes, and without any the one its texts make whole."""
    forms = [named] if named else []
    while candidate := _next_by_code(forms, asked):
        forms.append(candidate)
    return forms or _by_texts(asked)


def _next_by_code(forms: Sequence[str], asked: Sequence[Asked]) -> str:
    """The form most of the other coded questions belong to; of equals the shorter (two items alone are the PHQ-2)."""
    known = instruments.instruments()
    left = [each for each in asked if not any(items_of(each, form) or is_total(each, form) for form in forms)]
    hits = [{place.form for code in each.codes for place in places().get(code, ())} for each in left]
    candidates = {form for hit in hits for form in hit if not known[form].by_name_only} - set(forms)
    candidates = {form for form in candidates if not any(_is_part(form, other) for other in forms)}
    return max(
        sorted(candidates), key=lambda form: (sum(form in hit for hit in hits), -len(known[form].items)), default=""
    )


def _known_in_part(reading: _Response) -> str:
    """What is said of a form that does not name itself and holds some questions of one of ours."""
    known = [each for each in reading.asked if each.answers and any(codes_by_text(written) for written in each.texts)]
    if len(known) < _FEW:
        return ""
    codes = {code for each in known for written in each.texts for code in codes_by_text(written)}
    titles = {
        id: form.title
        for id, form in instruments.instruments().items()
        if not form.by_name_only and len(codes & {item.loinc for item in form.items}) >= _FEW
    }
    if not titles:
        return ""
    _leave_open(titles, reading)
    which = f"it does not name its form and holds some questions of {' or '.join(titles.values())}"
    return f"{which}, so it was not scored. Its answers: {_quoted_answers(known)}"


def _is_part(form: str, other: str) -> bool:
    """Whether all questions of a form are questions of another one: PHQ-2 of PHQ-9."""
    own = {item.loinc for item in instruments.instruments()[form].items}
    return bool(own) and own <= {item.loinc for item in instruments.instruments()[other].items}


def _by_texts(asked: Sequence[Asked]) -> list[str]:
    """The forms that are whole by the texts of their questions, without one that is a part of another."""
    known = {code for each in asked for written in each.texts for code in codes_by_text(written)}
    whole = [
        id
        for id, form in instruments.instruments().items()
        if len(form.items) > 1 and not form.by_name_only and {item.loinc for item in form.items} <= known
    ]
    return [form for form in whole if not any(_is_part(form, other) for other in whole if other != form)]


# ---- one form


def _read_form(form: str, is_named: bool, reading: _Response) -> bool:
    """Read a form of a response. A branch for each reason why it cannot be scored."""
    known = instruments.instruments()[form]
    own = [each for each in reading.asked if is_named or items_of(each, form) or is_total(each, form)]
    placed = form_items.place(form, own) if known.items else form_items.Placed({})
    reading.known += [each for each in own if placed.doubt or is_beside(each, form) or not known.items]
    reading.known += (*placed.items.values(), *placed.loose)
    answered, troubles, doubt = form_answers.values(form, placed.items, placed.loose)
    doubt = placed.doubt or doubt
    if placed.by_number and troubles and not doubt:
        doubt = f"its questions are known by their numbers alone, and {troubles[0]}"
    if doubt:
        reading.troubles.append(_doubted(form, doubt, own, placed, reading))
        _leave_open([form], reading)
        return False
    if placed.loose:
        reading.troubles.append(_loose(form, own, placed, reading))
    reading.troubles += troubles
    reading.heard += [placed.items[at] for at in answered]
    return _keep(form, answered, _total(form, own, is_named, reading), reading, not troubles and not placed.loose)


def _keep(form: str, answered: dict[int, float], total: float | None, reading: _Response, is_silent: bool) -> bool:
    """Keep the items, with a total that came beside them; or the total alone."""
    known = instruments.instruments()[form]
    on = reading.when.first if reading.when else None
    items = tuple(answered.get(at) for at in range(len(known.items))) if answered else ()
    if items or total is not None:
        reading.chart.note_place(known.about_pain)
        reading.chart.answers.append(
            Answers(instrument=form, on=on, items=items, total=total, origin=reading.chart.origin)
        )
        return True
    _leave_open([form], reading)
    if is_silent:
        answers = _quoted_answers(reading.asked)
        what = (
            "holds no readable answer"
            if known.items
            else "its items are not ours to score, and no total came with them"
        )
        reading.troubles.append(f"{known.title}: {what}" + (f". Its answers: {answers}" if answers else ""))
    return False


def _total(form: str, asked: Sequence[Asked], is_named: bool, reading: _Response) -> float | None:
    """The total that came with a form: by its code, or by what a single question of a named form calls itself."""
    coded = [each for each in asked if each.answers and is_total(each, form)]
    by_words = [each for each in asked if each.answers and is_total_by_words(each)] if is_named else []
    holders = coded or (by_words if len(by_words) == 1 else [])
    if not holders:
        return None
    totals = {total_value(answer) for each in holders for answer in each.answers}
    total = totals.pop() if len(totals) == 1 else None
    if total is None or not form_answers.is_possible(Place(form, None), total):
        listed = _quoted_answers(holders)
        reading.troubles.append(f"the total of {form} could not be read ({listed})")
        return None
    return total


def _doubted(form: str, doubt: str, asked: Sequence[Asked], placed: form_items.Placed, reading: _Response) -> str:
    """What is said of a form that is not scored: why, its answers, and what of them may be thoughts of death."""
    title = instruments.instruments()[form].title
    possible = (*placed.loose, *placed.items.values())
    line = f"the {title} was not scored: {doubt}. Its answers: {_quoted_answers(asked)}"
    return line + _may_be_grave(form, possible, placed, reading)


def _loose(form: str, asked: Sequence[Asked], placed: form_items.Placed, reading: _Response) -> str:
    title = instruments.instruments()[form].title
    line = f"which items of the {title} some of its answers belong to is not known: {_quoted_answers(placed.loose)}"
    return line + _may_be_grave(form, placed.loose, placed, reading)


def _may_be_grave(form: str, possible: Sequence[Asked], placed: form_items.Placed, reading: _Response) -> str:
    """The question on thoughts of death or self-harm, where the form has one whose answer is not known."""
    grave = form_tables().self_harm.codes
    for at, item in enumerate(instruments.instruments()[form].items):
        if item.loinc not in grave or (at in placed.items and placed.items[at] not in possible):
            continue
        could = [placed.items[at]] if at in placed.items else list(possible)
        reading.heard += could
        raised = [each for each in could if any(map(may_be_yes, each.answers))]
        line = f". Please ask item {at + 1} ({item.about})"
        return line + (
            f": it may be one of those answered above the lowest: {_quoted_answers(raised)}" if raised else ""
        )
    return ""


def _quoted_answers(asked: Iterable[Asked]) -> str:
    pairs = [f"{quoted(each.label)}: {' and '.join(map(shown, each.answers))}" for each in asked if each.answers]
    more = f" and {len(pairs) - _MOST_QUOTED} more" if len(pairs) > _MOST_QUOTED else ""
    return ", ".join(pairs[:_MOST_QUOTED]) + more


# ---- what is only said


def _name_the_others(reading: _Response) -> None:
    """Name the answered questions of a response that was read which are known to no form of ours."""
    for each in reading.asked:
        of_no_form = each not in reading.heard and each not in reading.known
        if each.answers and of_no_form and not is_about_self_harm(each) and not _has_no_number(each):
            reading.chart.leave("questions of forms", "not recognised", each.texts[0] if each.texts else each.label)


def _has_no_number(asked: Asked) -> bool:
    return any(_is_one(asked, entry) for entry in form_tables().no_number)


def _note_self_harm(reading: _Response) -> None:
    """Say every answer about death or self-harm, of whatever form, that may be a yes and became no fact."""
    for each in reading.asked:
        if each in reading.heard or not is_about_self_harm(each):
            continue
        raised = [shown(answer) for answer in each.answers if may_be_yes(answer)]
        if raised:
            reading.chart.problem(self_harm_line(each.texts[0] if each.texts else each.label, raised))


def self_harm_line(question: str, answers: Sequence[str]) -> str:
    """What is said of an answer about death or self-harm that became no fact."""
    quotations = " and ".join(map(quoted, answers))
    return f"{quoted(question)}, about death or self-harm, was answered {quotations}: please ask today"


def _note_no_numbers(reading: _Response) -> None:
    for each in reading.asked:
        entry = next((entry for entry in form_tables().no_number if _is_one(each, entry)), None)
        if entry is not None and each.answers:
            _leave_open([entry.stands_for], reading)
            reading.troubles.append(no_number_line(entry, " and ".join(map(shown, each.answers))))


def no_number_line(entry: NoNumber, answer: str) -> str:
    """What is said of an answer that is no number."""
    return f"{entry.title}: {quoted(answer)} was not used, as {entry.why}"


def _is_one(asked: Asked, entry: NoNumber) -> bool:
    coded = any(no_number_by_code().get(code) is entry for code in asked.codes)
    return coded or any(holds(written, entry.words) for written in asked.texts)


# ---- single answers that tell a fact


def _told(reading: _Response) -> bool:
    """Single questions that tell a fact by themselves, answered in words."""
    used = False
    for each in reading.asked:
        for code in each.codes:
            for answer in each.answers if code in worded() else ():
                if tell(code, answer, reading.when, reading.chart):
                    reading.heard.append(each)
                    used = True
    return used


def tell(code: str, answer: Object, when: Moment | None, chart: Chart) -> bool:
    """Read what an answer in words states about a fact; words for one choice of several add up within a day."""
    concept = answer.get("valueCodeableConcept") or answer.get("valueCoding")
    ticked = answer.get("valueBoolean")
    plain_answer = ("yes" if ticked else "no") if isinstance(ticked, bool) else text(answer.get("valueString")).lower()
    words = (
        {plain_answer}
        | {coding.code.lower() for coding in codings(concept)}
        | {coding.display.lower() for coding in codings(concept)}
    )
    words |= {text(obj(concept).get("display")).lower(), text(obj(concept).get("text")).lower()}
    used = False
    for question in worded().get(code, ()):
        for word, value in question.words.items():
            if word in words:
                used = _know(question.fact, value, when, chart) or used
    return used


def _know(id: str, value: bool | str, when: Moment | None, chart: Chart) -> bool:
    if isinstance(value, bool):
        return chart.know(id, value, when)
    earlier = chart.known(id)
    day = when.first if when else None
    before = earlier.value if earlier is not None and earlier.on == day and isinstance(earlier.value, tuple) else ()
    if before:
        chart.forget(id)
    return chart.know(id, tuple(dict.fromkeys((*before, value))), when)
