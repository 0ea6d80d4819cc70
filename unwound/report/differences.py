"""Two reviews of the same patient as JSON, and what differs in plain words: old advice under new knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unwound.record import unique
from unwound.report import words

Json = dict[str, Any]


def between(before: Json, now: Json) -> tuple[str, ...]:
    """Every difference a reader would care about, a sentence each, the weightiest first; empty where there is none."""
    return unique(
        (
            *_verdict(before["candidacy"], now["candidacy"]),
            *_gates(before["candidacy"], now["candidacy"]),
            *_evidence(before["candidacy"]["evidence"], now["candidacy"]["evidence"]),
            *_findings(before, now),
            *_grades(before, now),
            *_ledger(before, now),
            *_steps(before, now),
            *_reasons(before["candidacy"], now["candidacy"]),
            *_questions(before, now),
            *_rest(before, now),
        )
    )


def _verdict(before: Json, now: Json) -> Iterator[str]:
    if before["verdict"] != now["verdict"]:
        yield f"The verdict was «{_says(before['verdict'])}» and is now «{_says(now['verdict'])}»."
    if before["urgent"] != now["urgent"]:
        yield "Something urgent now comes first." if now["urgent"] else "Nothing urgent comes first any more."


def _gates(before: Json, now: Json) -> Iterator[str]:
    was = {gate["question"]: gate["holds"] for gate in before["gates"]}
    for gate in now["gates"]:
        question = gate["question"]
        if question in was and was[question] != gate["holds"]:
            one, other = words.three(was[question]), words.three(gate["holds"])
            yield f"«{question}» was answered {one} and is now answered {other}."


def _evidence(before: Json | None, now: Json | None) -> Iterator[str]:
    one, other = before or {}, now or {}
    for key, name in (("condition", "condition in view"), ("strength", "strength of the evidence")):
        if one.get(key) != other.get(key):
            yield f"The {name} was {_word(one.get(key))} and is now {_word(other.get(key))}."


def _findings(before: Json, now: Json) -> Iterator[str]:
    was, has = _by_id(before["findings"], "id"), _by_id(now["findings"], "id")
    for id in sorted(has.keys() - was.keys()):
        yield f"New finding ({has[id]['level']}): {has[id]['title']}."
    for id in sorted(was.keys() - has.keys()):
        yield f"No longer found ({was[id]['level']}): {was[id]['title']}."
    for id in sorted(was.keys() & has.keys()):
        one, other = was[id], has[id]
        if (one["level"], one["holds"]) != (other["level"], other["holds"]):
            yield f"{other['title']}: was {_level(one)}, is now {_level(other)}."
        elif any(one[key] != other[key] for key in ("because", "reason", "action", "boundary")):
            yield f"{other['title']}: its reason, limit or advice is worded otherwise now."


def _grades(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["grades"], now["grades"], "condition", "level", "not listed")


def _ledger(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["ledger"], now["ledger"], "title", "verdict", "not judged", words.TRIALS)
    for key, name in (("local", "the local rule"), ("delphi", "the Delphi rule")):
        one, other = before["refractory"][key], now["refractory"][key]
        if one != other:
            yield f"Refractory by {name}: was {words.three(one)}, is now {words.three(other)}."


def _steps(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["next_steps"], now["next_steps"], "therapy", "line", "not offered", words.LINES)


def _reasons(before: Json, now: Json) -> Iterator[str]:
    yield from (f"A reason that is new: {one}" for one in now["because"] if one not in before["because"])
    yield from (f"A reason that is gone: {one}" for one in before["because"] if one not in now["because"])


def _questions(before: Json, now: Json) -> Iterator[str]:
    was, has = ({one["fact"] for one in side["asks"]} for side in (before, now))
    for asked, which in ((has - was, "new"), (was - has, "no longer asked")):
        if asked:
            yield f"Questions, {which}: {len(asked)}."


def _rest(before: Json, now: Json) -> Iterator[str]:
    """What else was shown and reads otherwise, by its name only."""
    for key, name in (("mood", "mood"), ("scores", "questionnaires"), ("step_therapy", "the payer's step rule")):
        if before.get(key) != now.get(key):
            yield f"What is said of {name} differs."


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
        one, other = (side[id][value] if id in side else absent for side in (was, has))
        if one != other:
            title = (has.get(id) or was[id])["title"]
            yield f"{title}: was {_word(one, says)}, is now {_word(other, says)}."


def _by_id(rows: list[Json], key: str) -> dict[str, Json]:
    return {str(row[key]): row for row in rows}


def _level(finding: Json) -> str:
    return str(finding["level"]) if finding["holds"] else "a question"


def _word(value: object, says: Mapping[str, str] | None = None) -> str:
    if value is None:
        return "not known"
    return (says or {}).get(str(value), str(value)).replace("-", " ").replace("_", " ").lower()


def _says(verdict: str) -> str:
    return words.VERDICTS.get(verdict, verdict)
