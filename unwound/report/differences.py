"""Two reviews of the same patient as JSON, and what differs in plain words: earlier advice under new knowledge.

The verdict comes first, then what made it so: each question whose answer changed, with the reason or with what is asked
now. The rest follows by subject, and what is only worded otherwise comes last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from unwound import questions
from unwound.candidacy import PRECEDENCE
from unwound.record import day_as_written, unique
from unwound.report import words

Json = dict[str, Any]
_ISO_DAY = re.compile(r"\((\d{4}-\d\d-\d\d)(?=[;)])")
SHOWN = 4
"""Reasons or questions that a line names before it counts the others."""


@dataclass(frozen=True, slots=True)
class Part:
    """What differs in one part of the review, a sentence each."""

    title: str
    lines: tuple[str, ...]


def parts(before: Json, now: Json) -> tuple[Part, ...]:
    """What differs, by subject, the weightiest first; empty where nothing does."""
    before = _days_in_words(before)
    old, new = before["candidacy"], now["candidacy"]
    listed: tuple[tuple[str, Iterable[str]], ...] = (
        ("Verdict", (*_verdict(old, new), *_depression(before.get("depression"), now.get("depression")))),
        ("What made it so", _gates(old, new)),
        ("Evidence", _evidence(old["evidence"], new["evidence"])),
        ("Safety", _findings(before, now)),
        ("Kind of pain", _moved(before["grades"], now["grades"], "condition", "level", "not listed")),
        ("Treatments tried", _ledger(before, now)),
        ("What to do next", _steps(before, now)),
        ("Mood and questionnaires", _mood(before, now)),
        ("Reasons", _reasons(old, new)),
        ("Questions", _questions(before, now)),
        ("Worded otherwise", _worded(before, now)),
    )
    written = (Part(title, unique(lines)) for title, lines in listed)
    return tuple(part for part in written if part.lines)


def _days_in_words(side: Json) -> Json:
    """A review kept when days were written «(2026-11-28)», with its days as they are written now."""
    return cast(Json, json.loads(_ISO_DAY.sub(_day_in_words, json.dumps(side, ensure_ascii=False))))


def _day_in_words(written: re.Match[str]) -> str:
    return f"({day_as_written(written[1])}"


def between(before: Json, now: Json) -> tuple[str, ...]:
    """Every difference a reader would care about, a sentence each, the weightiest first; empty where there is none."""
    return unique(line for part in parts(before, now) for line in part.lines)


def _verdict(before: Json, now: Json) -> Iterator[str]:
    if before["verdict"] != now["verdict"]:
        yield f"The verdict was «{_verdict_words(before['verdict'])}» and is now «{_verdict_words(now['verdict'])}»."
    if before["urgent"] != now["urgent"]:
        yield "An urgent problem now comes first." if now["urgent"] else "No urgent problem comes first any longer."


def _depression(before: Json | None, now: Json | None) -> Iterator[str]:
    """The second decision; one that was signed before there was any says only the new verdict."""
    old, new = ((side or {}).get("verdict", "") for side in (before, now))
    if old != new:
        was, has = (words.DEPRESSION_VERDICTS.get(verdict, verdict) or "not decided" for verdict in (old, new))
        yield f"For depression the verdict was «{was}» and is now «{has}»."
    elif before != now:
        yield "The part on ketamine for depression has changed."


def _gates(before: Json, now: Json) -> Iterator[str]:
    """Each question whose answer changed, with why; an earlier question that is now several is told as several."""
    formerly = {question.text: (question.text, *question.formerly) for question in PRECEDENCE}
    for old in before["gates"]:
        heirs = [new for new in now["gates"] if old["question"] in formerly.get(new["question"], (new["question"],))]
        if not heirs:
            yield f"«{old['question']}» was answered {words.three(old['holds'])} and is no longer asked."
        elif len(heirs) == 1 and heirs[0]["holds"] != old["holds"]:
            yield (
                f"«{heirs[0]['question']}» was answered {words.three(old['holds'])} "
                f"and is now answered {_answer(heirs[0])}"
            )
        elif len(heirs) > 1 and _together(heirs) != old["holds"]:
            yield (
                f"«{old['question']}» was answered {words.three(old['holds'])}; "
                f"it is now asked as {len(heirs)} questions."
            )
            yield from (f"«{new['question']}» is answered {_answer(new)}" for new in heirs if new["holds"] is not True)


def _together(gates: Iterable[Json]) -> bool | None:
    answers = [gate["holds"] for gate in gates]
    return False if False in answers else None if None in answers else True


def _answer(gate: Json) -> str:
    """The answer with what it rests on, or with what has to be asked first."""
    answer = words.three(gate["holds"])
    if gate["holds"] is not None:
        because = _listed(gate["because"], "; ").rstrip(".")
        return f"{answer}: {because}." if because else f"{answer}."
    if not gate["ask"]:
        return f"{answer}: what comes before it is open."
    return f"{answer}, until it is asked: {_listed([questions.in_words(id) for id in gate['ask']], ' ')}"


def _listed(lines: list[str], between: str) -> str:
    more = len(lines) - SHOWN
    return between.join((*lines[:SHOWN], *((f"(and {more} more)",) if more > 0 else ())))


def _evidence(before: Json | None, now: Json | None) -> Iterator[str]:
    old, new = before or {}, now or {}
    for key, name in (("condition", "condition considered for ketamine"), ("strength", "strength of the evidence")):
        if old.get(key) != new.get(key):
            yield f"The {name} was {_word(old.get(key))} and is now {_word(new.get(key))}."


def _findings(before: Json, now: Json) -> Iterator[str]:
    was, has = _by_id(before["findings"], "id"), _by_id(now["findings"], "id")
    for id in sorted(has.keys() - was.keys()):
        yield f"New finding ({_level(has[id])}): {has[id]['title']}."
    for id in sorted(was.keys() - has.keys()):
        yield f"No longer found ({_level(was[id])}): {was[id]['title']}."
    for id in sorted(was.keys() & has.keys()):
        old, new = was[id], has[id]
        if (old["level"], old["holds"]) != (new["level"], new["holds"]):
            yield f"{new['title']}: was {_level(old)}, is now {_level(new)}."
        if old["boundary"] != new["boundary"]:
            was_limit, is_limit = old["boundary"] or "none", new["boundary"] or "none"
            yield f"{new['title']}: its limit was «{was_limit}» and is now «{is_limit}»."


def _ledger(before: Json, now: Json) -> Iterator[str]:
    """Each treatment whose verdict changed, with what it depends on now; then the rules on «refractory»."""
    was, has = _by_id(before["ledger"], "title"), _by_id(now["ledger"], "title")
    for title in {**was, **has}:
        old, new = was.get(title), has.get(title)
        if old is None or new is None or old["verdict"] != new["verdict"]:
            yield f"{title}: was «{_tried(old)}», is now «{_tried(new)}»."
    for key, name in (("local", "the local rule"), ("delphi", "the Delphi rule")):
        holds, holds_now = before["refractory"][key], now["refractory"][key]
        if holds != holds_now:
            yield f"Refractory by {name}: was {words.three(holds)}, is now {words.three(holds_now)}."
    holds, holds_now = _payer(before).get("holds"), _payer(now).get("holds")
    if holds != holds_now:
        yield f"One US payer's step rule: was {words.three(holds)}, is now {words.three(holds_now)}."


def _payer(side: Json) -> Json:
    return side.get("step_therapy") or {}


def _tried(entry: Json | None) -> str:
    return "not judged" if entry is None else str(entry.get("text") or _word(entry["verdict"], words.TRIALS))


def _steps(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(
        before["next_steps"], now=now["next_steps"], key="therapy", value="line", absent="not offered", says=words.LINES
    )


def _mood(before: Json, now: Json) -> Iterator[str]:
    # Only what changed is told, and a score that was not listed before is no change from zero.
    old, new = (side.get("mood") or {} for side in (before, now))
    if old.get("severity") != new.get("severity"):
        yield f"Severity of the depression: was {_word(old.get('severity'))}, is now {_word(new.get('severity'))}."
    for key, name in (("depression", "Depression now"), ("treatment_resistant", "Treatment-resistant depression")):
        if old.get(key) != new.get(key):
            yield f"{name}: was {words.three(old.get(key))}, is now {words.three(new.get(key))}."
    was, has = (_scores(side) for side in (before, now))
    for name in {**was, **has}:
        if was.get(name) != has.get(name):
            yield f"{name}: was «{was.get(name, 'not listed')}», is now «{has.get(name, 'not listed')}»."


def _scores(side: Json) -> dict[str, str]:
    """Questionnaire and its date -> its score in words."""
    return {
        f"{score['instrument'].replace('_', '-').upper()} {score['on'] or ''}".strip(): (
            "no score" if score["total"] is None else f"{score['total']:g} {score['band'] or ''}".strip()
        )
        for score in side.get("scores") or ()
    }


def _reasons(before: Json, now: Json) -> Iterator[str]:
    """New reasons, and where the verdict stayed those that are gone: a new verdict has its own, told above."""
    yield from (f"New reason: {reason}" for reason in now["because"] if reason not in before["because"])
    if before["verdict"] == now["verdict"]:
        yield from (f"Reason no longer given: {reason}" for reason in before["because"] if reason not in now["because"])


def _questions(before: Json, now: Json) -> Iterator[str]:
    was, has = ({ask["fact"]: ask["question"] for ask in side["asks"]} for side in (before, now))
    yield from (f"Asked now: {question}" for fact, question in has.items() if fact not in was)
    yield from (f"No longer asked: {question}" for fact, question in was.items() if fact not in has)


def _worded(before: Json, now: Json) -> Iterator[str]:
    """What of findings, trials, mood and the payer's rule reads otherwise, by name only."""
    same_level = [
        (old, new)
        for old, new in _pairs(before["findings"], now["findings"], "id")
        if (old["level"], old["holds"]) == (new["level"], new["holds"])
    ]
    reworded = [
        new["title"] for old, new in same_level if any(old[key] != new[key] for key in ("because", "reason", "action"))
    ]
    if reworded:
        yield f"Reason or advice of {_count(len(reworded), 'finding')}: {', '.join(reworded)}."
    tried = [
        new["title"]
        for old, new in _pairs(before["ledger"], now["ledger"], "title")
        if old["verdict"] == new["verdict"] and old["because"] != new["because"]
    ]
    if tried:
        yield f"Reasons of {_count(len(tried), 'treatment')} tried: {', '.join(tried)}."
    if not any(_mood(before, now)) and (before.get("mood"), before.get("scores")) != (
        now.get("mood"),
        now.get("scores"),
    ):
        yield "The part on mood and questionnaires."
    if _payer(before).get("holds") == _payer(now).get("holds") and _payer(before) != _payer(now):
        yield "The part on the payer's step rule."


def _pairs(before: list[Json], now: list[Json], key: str) -> Iterator[tuple[Json, Json]]:
    was, has = _by_id(before, key), _by_id(now, key)
    yield from ((was[id], has[id]) for id in sorted(was.keys() & has.keys()))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _moved(
    before: list[Json],
    now: list[Json],
    key: str,
    value: str,
    absent: str,
    says: Mapping[str, str] | None = None,
) -> Iterator[str]:
    was, has = _by_id(before, key), _by_id(now, key)
    for id in {**was, **has}:
        old, new = (side[id][value] if id in side else absent for side in (was, has))
        if old != new:
            title = (has.get(id) or was[id])["title"]
            yield f"{title}: was «{_word(old, says)}», is now «{_word(new, says)}»."


def _by_id(rows: list[Json], key: str) -> dict[str, Json]:
    return {str(row[key]): row for row in rows}


def _level(finding: Json) -> str:
    return str(finding["level"]) if finding["holds"] else "a question"


def _word(value: object, says: Mapping[str, str] | None = None) -> str:
    if value is None:
        return "not known"
    return (says or {}).get(str(value), str(value)).replace("-", " ").replace("_", " ").lower()


def _verdict_words(verdict: str) -> str:
    return words.VERDICTS.get(verdict, verdict)
