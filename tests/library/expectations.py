"""What a whole patient's `[expect]` may say, and every way in which a review differs from it, in words."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
Differences = Iterator[str]

ANSWERS = {"yes": True, "no": False, "unknown": None}
WORDED = ("because", "why", "schedule", "text", "reason", "action", "now", "then")
"""Where «says» looks: the keys of the JSON that hold sentences for a reader."""


def differences(expect: Json, found: Json) -> list[str]:
    """Every statement of `expect` that the review does not bear out, and all that had to be stated and was not."""
    unknown = [f"«{key}» is no word of [expect]; allowed: {', '.join(CHECKS)}" for key in expect if key not in CHECKS]
    stated = [said for key, value in expect.items() if key in CHECKS for said in CHECKS[key](value, found)]
    return [*unknown, *stated, *_unstated(expect, found)]


def _unstated(expect: Json, found: Json) -> Differences:
    """A whole patient states the verdict, its grades, its ledger and everything that stops."""
    yield from (f"[expect] does not state «{key}»" for key in ("candidacy", "grades", "ledger") if key not in expect)
    for place, one in enumerate(found["grades"]):
        if one["condition"] not in expect.get("grades", {}) and (place == 0 or one["level"] in _PLAUSIBLE):
            yield f"unstated grade: {one['condition']} is {one['level']}"
    stops = {one["id"] for one in found["findings"] if one["level"] == "stop"}
    unstated = stops - set(expect.get("findings", {})) - set(expect.get("red_flags", ()))
    yield from (f"unstated stop: {id}" for id in sorted(unstated))
    if "red_flags" not in expect:
        yield from _red_flags([], found)


_PLAUSIBLE = ("possible", "probable", "definite")


def _same(what: str, expected: object, is_now: object) -> Differences:
    if expected != is_now:
        yield f"{what}: expected {expected!r}, found {is_now!r}"


def _answer(what: str, word: str, holds: bool | None) -> Differences:
    yield from _same(what, word, next(name for name, value in ANSWERS.items() if value is holds))


def _table(what: str, expected: Json, is_now: Mapping[str, str], missing: str) -> Differences:
    for id, word in expected.items():
        yield from _same(f"{what}.{id}", word, is_now.get(id, missing))


def _candidacy(verdict: str, found: Json) -> Differences:
    yield from _same("candidacy", verdict, found["candidacy"]["verdict"])


def _condition(id: str, found: Json) -> Differences:
    evidence = found["candidacy"]["evidence"]
    yield from _same("condition", id, evidence["condition"] if evidence else "none")


def _strength(word: str, found: Json) -> Differences:
    evidence = found["candidacy"]["evidence"]
    yield from _same("strength", word, evidence["strength"] if evidence else "none")


def _views(sources: list[str], found: Json) -> Differences:
    shown = {view["source"] for view in (found["candidacy"]["evidence"] or {"views": ()})["views"]}
    yield from (f"views: {source} is not shown" for source in sources if source not in shown)


def _refractory(rule: str) -> Callable[[str, Json], Differences]:
    return lambda word, found: _answer(f"refractory_{rule}", word, found["refractory"][rule])


def _grades(expected: Json, found: Json) -> Differences:
    yield from _table("grades", expected, {one["condition"]: one["level"] for one in found["grades"]}, "not-listed")


def _flags(expected: Json, found: Json) -> Differences:
    for name, word in expected.items():
        yield from _answer(f"flags.{name}", word, found["flags"][name])


def _ledger(expected: Json, found: Json) -> Differences:
    """Every entry, and no other; a therapy with several medicines states their verdicts in the ledger's order."""
    is_now: dict[str, list[str]] = {}
    for one in found["ledger"]:
        is_now.setdefault(one["therapy"], []).append(one["verdict"])
    for id in {**expected, **is_now}:
        stated = expected.get(id, "unstated")
        yield from _same(f"ledger.{id}", [stated] if isinstance(stated, str) else stated, is_now.get(id, ["absent"]))


def _findings(expected: Json, found: Json) -> Differences:
    yield from _table("findings", expected, {one["id"]: one["level"] for one in found["findings"]}, "absent")


def _red_flags(ids: list[str], found: Json) -> Differences:
    yield from _same("red_flags", sorted(ids), sorted(one["id"] for one in found["red_flags"]))


def _before(ids: list[str], found: Json) -> Differences:
    titles = {one["id"]: one["title"] for one in found["findings"]}
    yield from (f"before: {id} is not named" for id in ids if titles.get(id) not in found["candidacy"]["before"])


def _steps(line: str) -> Callable[[list[str], Json], Differences]:
    def check(ids: list[str], found: Json) -> Differences:
        lines = {one["therapy"]: one["line"] for one in found["next_steps"]}
        for id in ids:
            yield from _same(f"step {id}", line, lines.get(id, "not offered"))

    return check


def _not_offered(ids: list[str], found: Json) -> Differences:
    offered = {one["therapy"] for one in found["next_steps"] if one["line"] != "unsuitable"}
    yield from (f"not_offered: {id} is offered" for id in ids if id in offered)


def _asks(ids: list[str], found: Json) -> Differences:
    asked = {one["fact"] for one in found["asks"]}
    yield from (f"asks: {id} is not asked" for id in ids if id not in asked)


def _asks_not(ids: list[str], found: Json) -> Differences:
    asked = {one["fact"] for one in found["asks"]}
    yield from (f"asks_not: {id} is asked" for id in ids if id in asked)


def _changes(ids: list[str], found: Json) -> Differences:
    """Facts of which each, by itself or with others, is shown to change the verdict."""
    shown = {flip["fact"] for change in found["candidacy"]["would_change"] for flip in change["facts"]}
    yield from (f"changes: {id} is not shown to change the verdict" for id in ids if id not in shown)


def _mood(expected: Json, found: Json) -> Differences:
    mood = found["mood"]
    for name, word in expected.items():
        if name == "severity":
            yield from _same("mood.severity", word, mood["severity"] or "unknown")
        else:
            yield from _answer(f"mood.{name}", word, mood[name])


def _depression(expected: str, found: Json) -> Differences:
    yield from _same("depression", expected, (found["depression"] or {"verdict": "not-in-play"})["verdict"])


def _mood_ledger(expected: Json, found: Json) -> Differences:
    verdicts = {one["therapy"]: one["verdict"] for one in found["mood"]["ledger"]}
    yield from _table("mood_ledger", expected, verdicts, "absent")


def _says(words: list[str], found: Json) -> Differences:
    told = "\n".join(_sentences(found, worded=False))
    yield from (f"says: «{one}» stands nowhere" for one in words if one not in told)


def _sentences(anything: object, *, worded: bool) -> Iterator[str]:
    if isinstance(anything, Mapping):
        for key, value in anything.items():
            yield from _sentences(value, worded=key in WORDED)
    elif isinstance(anything, list):
        for value in anything:
            yield from _sentences(value, worded=worded)
    elif worded and isinstance(anything, str):
        yield anything


CHECKS: Mapping[str, Callable[[Any, Json], Differences]] = {
    "candidacy": _candidacy,
    "condition": _condition,
    "strength": _strength,
    "views": _views,
    "refractory_local": _refractory("local"),
    "refractory_delphi": _refractory("delphi"),
    "grades": _grades,
    "flags": _flags,
    "ledger": _ledger,
    "findings": _findings,
    "red_flags": _red_flags,
    "before": _before,
    "first_steps": _steps("first"),
    "second_steps": _steps("second"),
    "third_steps": _steps("third"),
    "unsuitable": _steps("unsuitable"),
    "not_offered": _not_offered,
    "asks": _asks,
    "asks_not": _asks_not,
    "changes": _changes,
    "depression": _depression,
    "mood": _mood,
    "mood_ledger": _mood_ledger,
    "says": _says,
}
"""Key of `[expect]` -> what finds the differences."""
