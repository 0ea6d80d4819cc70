"""Laws of filled forms: no renumbering, shuffling or naming of links changes which question is which."""

import re
from dataclasses import dataclass, field

from bundle_builder import Json, reasons
from form_shapes import CODES, OPTIONS, TEXTS, items_of, of_phq9
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound import derive

PREFIXES = ["", "q", "phq", "phq-9-", "PHQ9.", "PHQ.", "/q/", "1.", "phq9_v2_", "item "]
NINE = range(9)


def integer(score: int) -> Json:
    return {"valueInteger": score}


def la_code(score: int) -> Json:
    return {
        "valueCoding": {"system": "http://loinc.org", "code": f"LA{['6568-5', '6569-3', '6570-1', '6571-9'][score]}"}
    }


def words(score: int) -> Json:
    return {"valueCoding": {"code": str(score + 1), "display": OPTIONS[score]}}


def from_one(score: int) -> Json:
    """A code of its own that begins at 1 and says nothing else."""
    return {"valueCoding": {"code": str(score + 1)}}


def counted_from_one(score: int) -> Json:
    return {"valueInteger": score + 1}


@dataclass
class Filled:
    """A filled PHQ-9: what was truly answered to each item, and how it was sent."""

    truth: list[int | None]
    sent: list[Json] = field(default_factory=list)


@st.composite
def filled_forms(draw: st.DrawFn) -> Filled:
    """Every legal shape: any prefix, offset and order, some answers left out, with or without texts and codes."""
    left_out = draw(st.one_of(st.just(()), st.sets(st.integers(0, 8), max_size=2)))
    truth = [None if item in left_out else draw(st.integers(0, 3)) for item in NINE]
    # Whole numbers from 1 show that they begin there only where one is a 4; else they read too high, never too low.
    shown = [counted_from_one] if 3 in truth else []
    answer = draw(st.sampled_from([integer, la_code, words, from_one, *shown]))
    offset = draw(st.sampled_from([0, 0, 0, -1, 1, 1, 2, 10]))
    prefix = draw(st.sampled_from(PREFIXES))
    other = draw(st.sampled_from([prefix, prefix, "phq2-"]))
    with_text = draw(st.one_of(st.just(set(NINE)), st.just(set[int]()), st.sets(st.integers(0, 8))))
    with_code = draw(st.one_of(st.just(set[int]()), st.just(set[int]()), st.sets(st.integers(0, 8))))
    sent = []
    for item in NINE:
        link = f"{other if item < 2 else prefix}{item + 1 + offset}"
        entry: Json = {"linkId": link}
        entry |= {"text": TEXTS[item]} if item in with_text else {}
        entry |= {"definition": f"http://loinc.org/{CODES[item]}"} if item in with_code else {}
        score = truth[item]
        if score is not None:
            sent.append(entry | {"answer": [answer(score)]})
        elif draw(st.booleans()):
            sent.append(entry)
    sent = draw(st.one_of(st.just(sent), st.permutations(sent)))
    if draw(st.booleans()):
        sent = with_heading(draw, list(sent), f"{prefix}{offset}")
    if draw(st.booleans()):
        sent.append({"linkId": "phq-total-score", "text": "How are you?"})
    return Filled(truth, sent)


def with_heading(draw: st.DrawFn, sent: list[Json], link: str) -> list[Json]:
    """A heading before the questions or around them, which may be sent as if it were one."""
    if draw(st.booleans()):
        return [{"linkId": link, "text": "Over the last 2 weeks", "item": sent}]
    return [{"linkId": link, "text": "Over the last 2 weeks"}, *sent]


@settings(max_examples=100)
@given(filled_forms())
def test_an_item_is_read_as_it_was_answered_or_not_at_all_and_said(filled: Filled) -> None:
    imported = of_phq9(filled.sent)
    items = items_of(imported, "phq_9")
    assert all(value in (None, truth) for value, truth in zip(items, filled.truth, strict=bool(items)))
    heard = derive.derive(imported.patient).value("phq9_item9")
    assert heard in (None, filled.truth[8])
    if heard is None and filled.truth[8]:
        assert "Please ask item 9" in reasons(imported)
    answered = [value for value in filled.truth if value is not None]
    if len(items) < len(answered):
        assert imported.problems


def slowly(sent: list[Json]) -> list[int | None] | None:
    """Another reader's opinion of whole numbers: each rule on its own, and every doubt is the end of it."""
    leaves = [leaf for entry in sent for leaf in (entry.get("item") or [entry])]
    leaves = [leaf for leaf in leaves if leaf["linkId"] != "phq-total-score"]
    said = [
        {at for at in NINE if leaf.get("text") == TEXTS[at] or CODES[at] in leaf.get("definition", "")}
        for leaf in leaves
    ]
    known = [at for own in said for at in own]
    if any(len(own) > 1 for own in said) or len(set(known)) < len(known):
        return None
    links = [leaf["linkId"] for leaf in leaves]
    start = links[0][:-1] if links else ""
    in_order = links == [f"{start}{number}" for number in range(1, 10)]
    allowed = re.fullmatch(r"\D*", re.sub(r"(?i)phq-?9", "", start))
    if in_order and allowed:
        if any(own and own != {at} for at, own in enumerate(said)):
            return None
        is_sure = all(own or "answer" in leaf for own, leaf in zip(said, leaves, strict=True))
        if not is_sure and any(not own and "answer" in leaf for own, leaf in zip(said, leaves, strict=True)):
            return None
        said = [{at} for at in NINE]
    elif not known and any("answer" in leaf for leaf in leaves):
        return None
    read: list[int | None] = [None] * 9
    for own, leaf in zip(said, leaves, strict=True):
        for at in own if "answer" in leaf else ():
            read[at] = leaf["answer"][0]["valueInteger"]
    return read


@settings(max_examples=100)
@given(filled_forms())
def test_a_second_slow_reader_is_of_the_same_opinion(filled: Filled) -> None:
    numbers = [value for value in filled.truth if value is not None]
    for leaf in [leaf for entry in filled.sent for leaf in (entry.get("item") or [entry]) if "answer" in leaf]:
        leaf["answer"] = [integer(len(str(leaf)) % 4)]  # any whole number: here it is only told where it went
    mine, his = items_of(of_phq9(filled.sent), "phq_9"), slowly(filled.sent)
    assert list(mine) == (his if his is not None and any(value is not None for value in his) else [])
    assert bool(mine) <= bool(numbers)
