"""The page of a condition: what it is, how it differs, what comes first, where ketamine fits and what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from unwound import conditions, evidence, therapies
from unwound.catalogue import CitedText, Head, load
from unwound.conditions.knowledge import Condition, ConditionGroup, Direction, View
from unwound.ladder import Ladder
from unwound.reading import frequencies
from unwound.reading.knowledge import LayCondition, comparisons, lay_condition, lay_words, words
from unwound.reading.pages import Line, Page, Section, cited, resting_on
from unwound.therapies import knowledge as therapy_knowledge
from unwound.therapies.knowledge import ObjectionLevel

READ_ON = (
    ("questions/is_it_proven", "Is ketamine proven for nerve pain?"),
    ("questions/how_long", "How long does it last, and what then?"),
    ("questions/ask_any_clinic", "Questions to ask any clinic"),
    ("check", "Check yourself: what could come next?"),
)
DOUBT = "Guides do not agree on it here."


def page(id: str) -> Page:
    """The page of one condition, in plain words where there are some, else in those of its file."""
    entry, lay = conditions.conditions()[id], lay_condition(id)
    sections = (
        *_what(entry, lay),
        _differs(entry),
        *_treatments(id, entry, lay),
        *_ketamine(id, entry, lay),
        Section(
            key="questions",
            heading="Read on",
            items=tuple(Line(text="", link=link, name=name) for link, name in READ_ON),
        ),
    )
    files = (("conditions", id), *((("lay_conditions", id),) if lay else ()))
    heads: tuple[Head, ...] = (load("conditions", Condition)[id], *((lay,) if lay else ()), words())
    return Page(
        kind="conditions",
        id=id,
        title=name(id),
        sections=tuple(section for section in sections if any(section.every_line())),
        files=(*files, ("rules", "public_words")),
        heads=heads,
        codes=entry.codes,
        phrases=entry.lay_phrases,
    )


def name(id: str) -> str:
    """What people call the condition."""
    lay = lay_condition(id)
    return lay.name if lay else conditions.conditions()[id].title


def _what(entry: Condition, lay: LayCondition | None) -> Iterator[Section]:
    short = cited(lay.short, clinician=entry.definition.text) if lay else cited(entry.definition)
    feels = cited(lay.feels, clinician=entry.presentation.text) if lay else cited(entry.presentation)
    yield Section(key="short", heading="In short", lines=(short,))
    yield Section(key="feels", heading="What it feels like", lines=(feels,))
    if lay:
        yield Section(key="causes", heading="What causes it", lines=(cited(lay.causes),))


def _differs(entry: Condition) -> Section:
    """Each neighbour by what marks it, with what a clinician weighs against this condition."""
    near = tuple(
        cited(lay.tell, link=f"conditions/{other.condition}", name=lay.name, clinician=other.text)
        if (lay := lay_condition(other.condition))
        else cited(other, link=f"conditions/{other.condition}", name=name(other.condition))
        for other in entry.differs
    )
    return Section(key="differs", heading="What else it could be", items=near)


def _treatments(id: str, entry: Condition, lay: LayCondition | None) -> Iterator[Section]:
    ladder = entry.ladder or therapy_knowledge.general().ladder
    care: tuple[Line, ...] = (cited(lay.care, clinician=" ".join(part.text for part in entry.cause)),) if lay else ()
    care = care or tuple(cited(part) for part in entry.cause)
    first = tuple(_offer(id, therapy) for therapy in ladder.first if _is_for(id, therapy))
    yield Section(key="first", heading="What is tried first", lines=(*care, *_whose_numbers(id, ladder)), items=first)
    left_out = tuple(_left_out(avoid.therapy, avoid.reason) for avoid in ladder.avoid)
    yield Section(key="avoided", heading="What is left out here", items=left_out)
    later = tuple(_later(id, ladder))
    yield Section(key="fails", heading="When these do not help", lines=_when_they_fail(), items=later)


def _when_they_fail() -> tuple[Line, ...]:
    return cited(words().refractory), cited(words().pain_clinic)


def _offer(id: str, therapy: str) -> Line:
    """A treatment of the first line: what it is, and how many have to use it for one more to be helped."""
    entry, plain = therapies.therapies()[therapy], lay_words("therapies", therapy)
    often, number = frequencies.briefly(therapy) if _has_numbers(id) else ("", None)
    doubts = [against for against in entry.not_for if id in against.conditions]
    parts = (_first_sentence(plain.text if plain else entry.why.text), often, DOUBT if doubts else "")
    cited = (plain or entry.why, *((number,) if number else ()), *doubts)
    return resting_on(
        " ".join(part for part in parts if part),
        *cited,
        name=entry.title,
        link=f"therapies/{therapy}",
        clinician="; ".join((entry.why.text, *(doubt.text for doubt in doubts))),
    )


def _has_numbers(id: str) -> bool:
    """Whether what was pooled over neuropathic pain may be said here at all: of a neighbour's pain it says nothing."""
    return conditions.conditions()[id].group not in (ConditionGroup.NEIGHBOUR, ConditionGroup.ACUTE)


def _whose_numbers(id: str, ladder: Ladder) -> tuple[Line, ...]:
    if not _has_numbers(id) or not any(frequencies.briefly(therapy)[0] for therapy in ladder.first):
        return ()
    left_out = conditions.conditions()[id].group == ConditionGroup.CRPS
    return (cited(words().left_out_of_them if left_out else words().from_many_pains),)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def _is_for(id: str, therapy: str) -> bool:
    """Whether a treatment is for this condition, and nothing forbids it here."""
    entry = therapies.therapies()[therapy]
    forbidden = any(id in rule.conditions and rule.level == ObjectionLevel.ABSOLUTE for rule in entry.not_for)
    return not forbidden and (not entry.only_for or id in entry.only_for)


def _left_out(therapy: str, reason: CitedText) -> Line:
    return cited(
        reason.model_copy(update={"text": "It is not advised for this pain."}),
        name=therapy_knowledge.title(therapy).capitalize(),
        link=f"therapies/{therapy}" if therapy in therapies.therapies() else "",
        clinician=reason.text,
    )


def _later(id: str, ladder: Ladder) -> Iterator[Line]:
    """What each is, and when its turn comes: a name alone tells nothing to whoever has not heard it."""
    steps = (
        ("This comes next.", ladder.second),
        ("This comes after that.", ladder.third),
        ("This comes last.", ladder.last),
    )
    for when, listed in steps:
        for therapy in listed:
            if _is_for(id, therapy):
                entry, plain = therapies.therapies()[therapy], lay_words("therapies", therapy)
                yield resting_on(
                    f"{_first_sentence(plain.text)} {when}" if plain else when,
                    ladder.reason,
                    *((plain,) if plain else ()),
                    link=f"therapies/{therapy}",
                    name=entry.title,
                    clinician=entry.why.text,
                )


def _ketamine(id: str, entry: Condition, lay: LayCondition | None) -> Iterator[Section]:
    strength, special = entry.ketamine.strength, lay.ketamine if lay else None
    general = special or words().strength[strength]
    proof = resting_on(general.text, general, entry.ketamine.text, clinician=_graded(entry))
    pictures = tuple(
        frequencies.picture(comparison) for comparison in comparisons().values() if id in comparison.conditions
    )
    yield Section(key="ketamine", heading="Where ketamine fits", lines=(proof,), pictures=pictures)
    views = tuple(_view(view) for view in entry.ketamine.views)
    counted = _counted(entry.ketamine.views)
    yield Section(key="views", heading="Who says what, and where they disagree", lines=counted, items=views)
    can = () if special else words().can[strength]
    yield Section(key="can", heading="What it can do", items=tuple(map(cited, can)))
    yield Section(key="cannot", heading="What it cannot do", items=tuple(map(cited, words().cannot[strength])))


def _graded(entry: Condition) -> str:
    """The statement of the condition's file, with the grade of the source."""
    known = entry.ketamine
    grade = f"Grade {known.grade}" if known.grade else ""
    certainty = f"certainty {known.certainty}" if known.certainty else ""
    graded = ", ".join(part for part in (grade, certainty) if part)
    return f"{known.text.text} ({graded})" if graded else known.text.text


def _counted(views: tuple[View, ...]) -> tuple[Line, ...]:
    """How many views say what, side by side and never weighed against each other."""
    if not views:
        return ()
    said_of = words().counted
    counts = [(sum(view.direction == direction for view in views), direction) for direction in Direction]
    parts = [said_of[direction].format(n=count) for count, direction in counts if count]
    return (resting_on(" ".join([said_of["all"].format(n=len(views)), *parts]), *views),)


def _view(view: View) -> Line:
    """One view in a few words; its own statement for clinicians."""
    designs, study = words().designs, evidence.study(view.source)
    what = designs.get(study.design, designs["other"])
    text = f"{what.capitalize()} {words().directions[view.direction]}."
    return cited(view.model_copy(update={"text": text}), name=str(view.year), clinician=view.text)
