"""Two reviews of the same patient as JSON, and what differs in plain words: earlier advice under new knowledge."""

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
            *_depression(before.get("depression"), now.get("depression")),
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
    # The questions are always the same, in the same order; how they are worded may have changed since.
    for old, new in zip(before["gates"], now["gates"], strict=False):
        if old["holds"] != new["holds"]:
            yield (
                f"«{new['question']}» was answered {words.three(old['holds'])} "
                f"and is now answered {words.three(new['holds'])}."
            )


def _evidence(before: Json | None, now: Json | None) -> Iterator[str]:
    old, new = before or {}, now or {}
    for key, name in (("condition", "condition considered for ketamine"), ("strength", "strength of the evidence")):
        if old.get(key) != new.get(key):
            yield f"The {name} was {_word(old.get(key))} and is now {_word(new.get(key))}."


def _findings(before: Json, now: Json) -> Iterator[str]:
    was, has = _by_id(before["findings"], "id"), _by_id(now["findings"], "id")
    for id in sorted(has.keys() - was.keys()):
        yield f"New finding ({has[id]['level']}): {has[id]['title']}."
    for id in sorted(was.keys() - has.keys()):
        yield f"No longer found ({was[id]['level']}): {was[id]['title']}."
    for id in sorted(was.keys() & has.keys()):
        old, new = was[id], has[id]
        if (old["level"], old["holds"]) != (new["level"], new["holds"]):
            yield f"{new['title']}: was {_level(old)}, is now {_level(new)}."
        elif any(old[key] != new[key] for key in ("because", "reason", "action", "boundary")):
            yield f"{new['title']}: its reason, limit or advice has been reworded."


def _grades(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["grades"], now["grades"], "condition", "level", "not listed")


def _ledger(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["ledger"], now["ledger"], "title", "verdict", "not judged", words.TRIALS)
    for key, name in (("local", "the local rule"), ("delphi", "the Delphi rule")):
        old, new = before["refractory"][key], now["refractory"][key]
        if old != new:
            yield f"Refractory by {name}: was {words.three(old)}, is now {words.three(new)}."


def _steps(before: Json, now: Json) -> Iterator[str]:
    yield from _moved(before["next_steps"], now["next_steps"], "therapy", "line", "not offered", words.LINES)


def _reasons(before: Json, now: Json) -> Iterator[str]:
    yield from (f"New reason: {reason}" for reason in now["because"] if reason not in before["because"])
    yield from (f"Reason no longer given: {reason}" for reason in before["because"] if reason not in now["because"])


def _questions(before: Json, now: Json) -> Iterator[str]:
    was, has = ({ask["fact"] for ask in side["asks"]} for side in (before, now))
    for facts, which in ((has - was, "New questions"), (was - has, "Questions no longer asked")):
        if facts:
            yield f"{which}: {len(facts)}."


def _rest(before: Json, now: Json) -> Iterator[str]:
    """What else of the review has changed, by its name only."""
    for key, name in (("mood", "mood"), ("scores", "questionnaires"), ("step_therapy", "the payer's step rule")):
        if before.get(key) != now.get(key):
            yield f"The part on {name} has changed."


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
