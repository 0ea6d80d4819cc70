"""What an own file changes in ours: tighter where a stated rule says so, looser wherever nothing does."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unwound import catalogue
from unwound.checking import directions, overlays
from unwound.checking.overlays import Effect


def ours(place: str) -> str:
    return (catalogue.DATA / f"{place}.toml").read_text("utf-8")


def effect(place: str, old: str, new: str) -> Effect:
    """What one change of our file does; the old words must stand in it."""
    text = ours(place)
    assert old in text, old
    kind, id = place.split("/")
    return overlays.compare(kind, id, text.replace(old, new, 1).encode()).effect


MONITORING, START, LEAVE = "rules/monitoring", "session_gates/start", "session_gates/leave"
CEILING, COURSE = "ceilings/esketamine", "protocols/crps_booster_quarterly"
PAIRS = [
    ("weeks between long courses", "rules/retreatment",
     "window = { value = 84", "window = { value = 85", "window = { value = 83"),
    ("hours of two long courses", "rules/retreatment",
     "together = { value = 144", "together = { value = 143", "together = { value = 145"),
    ("the smallest group that is shown", "rules/published_outcomes",
     "smallest = { value = 5", "smallest = { value = 6", "smallest = { value = 4"),
    ("the most per hour", CEILING, "limit = { value = 30,", "limit = { value = 29,", "limit = { value = 31,"),
    ("a dose of a course", COURSE, "amount = { value = 100, unit = \"mg\", low = 100",
     "amount = { value = 90, unit = \"mg\", low = 90", "amount = { value = 110, unit = \"mg\", low = 100"),
    ("low oxygen calls", MONITORING, "below = { value = 90, unit = \"%\", low = 90",
     "below = { value = 91, unit = \"%\", low = 90",
     "below = { value = 89, unit = \"%\", low = 89"),
    ("high pressure calls", MONITORING, "above = { value = 180", "above = { value = 179", "above = { value = 181"),
    ("silence after an alert", MONITORING,
     "stop     = { value = 2,", "stop     = { value = 1,", "stop     = { value = 3,"),
    ("what fast breathing advises", MONITORING, 'does  = "review"\nabove = { value = 30',
     'does  = "stop"\nabove = { value = 30',
     'does  = "note"\nabove = { value = 30'),
    ("hours without food", START, "limit = { value = 6,", "limit = { value = 8,", "limit = { value = 4,"),
    ("minutes watched afterwards", LEAVE, "limit = { value = 60,", "limit = { value = 90,", "limit = { value = 59,"),
    ("days until the call", LEAVE, 'limit = { value = 2, unit = "day"', 'limit = { value = 1, unit = "day"',
     'limit = { value = 3, unit = "day"'),
    ("age that is noted", "cautions/age_over_75", "value = 75", "value = 70", "value = 80"),
    ("how grave it is", "cautions/age_over_75", 'level = "note"', 'level = "ask"', 'level = "none"'),
    ("days a consent waits", "consent/ketamine_infusion", "start_within = { value = 60", "start_within = { value = 30",
     "start_within = { value = 61"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "place", "old", "tighter", "looser"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_one_step_to_either_side(what: str, place: str, old: str, tighter: str, looser: str) -> None:
    assert effect(place, old, old) == Effect.NEUTRAL
    assert effect(place, old, tighter) == Effect.TIGHTER
    assert effect(place, old, looser) == Effect.LOOSER


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (CEILING, 'unit = "mg/h/70 kg"', 'unit = "mg/h"'),
        (CEILING, "limit = { value = 30,", "limit = { value = nan,"),
        (CEILING, "limit = { value = 30,", 'limit = { value = "29",'),
        (CEILING, "binds = true", "binds = false"),
        (COURSE, "days = [1, 92, 183, 274]", "days = [1, 62, 123, 184]"),
        (COURSE, 'duration = { value = 4, unit = "h"', 'duration = { value = 3, unit = "h"'),
        (COURSE, '[[liver_tests]]\nwhen = "during"', '[[steps]]\nwhen = "during"'),
        (MONITORING, "[limits.spo2_low]", "[limits.spo2_lower]"),
        (MONITORING, 'sign  = "spo2"', 'sign  = "pain"'),
        (START, "[requirements.identity]", "[requirements.identities]"),
        (START, 'one_of = [["systolic"],', 'one_of = [["systolic", "mean_pressure"],'),
        ("cautions/age_over_75", 'contraindications", checked = "other-use"',
         'contraindications", checked = "primary"'),
        ("cautions/age_over_75", 'kind = "contraindication"', 'kind = "contraindication"\nunless = { yes = "escort" }'),
        ("cautions/age_over_75", "Expect a larger rise of blood pressure", "Expect no rise of blood pressure"),
        ("cautions/age_over_75", "due     = 2027-11-21", "due     = 2029-11-21"),
        ("consent/ketamine_infusion", "It is not approved for your kind of pain.", ""),
        ("rules/telephone_numbers", 'text = "999"', 'text = "998"'),
        ("rules/ohio_step_therapy", "trial_days = { value = 30", "trial_days = { value = 28"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_or_takes_something_away_is_looser(place: str, old: str, new: str) -> None:
    assert effect(place, old, new) == Effect.LOOSER


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("cautions/age_over_75", "updated = 2026-11-21\ndue     = 2027-11-21",
         "updated = 2026-11-30\ndue     = 2027-11-30"),
        ("cautions/age_over_75", 'source = "beik_2016", where = "ED', 'source = "unwound_local", where = "our ED'),
        ("cautions/age_over_75", 'checked = "other-use"', 'checked = "unchecked"'),
        ("cautions/age_over_75", "age_years = 76", "age_years = 77"),
        ("consent/ketamine_infusion", 'version = "', 'version = "our-'),
        (CEILING, "limit = { value = 30,", "limit = { value = 30.0,"),
    ],
)  # fmt: skip
def test_where_a_number_is_from_and_when_it_was_written_loosen_nothing(place: str, old: str, new: str) -> None:
    assert effect(place, old, new) == Effect.NEUTRAL


def test_a_further_stop_is_tighter_wherever_it_stands() -> None:
    limit = '[limits.our_spo2]\nsign = "spo2"\ndoes = "review"\nbelow = { value = 93, unit = "%" }\n\n'
    assert effect(MONITORING, "[limits.breathing_slow]", f"{limit}[limits.breathing_slow]") == Effect.TIGHTER
    assert effect(CEILING, "[[examples]]", '[limits.ours]\nof = "rate"\n\n[[examples]]') == Effect.TIGHTER
    test = '[[liver_tests]]\nwhen = "after"\ndays = { value = 30, unit = "day" }\n\n'
    before = '[[liver_tests]]\nwhen = "during"'
    assert effect(COURSE, before, test + before) == Effect.TIGHTER


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("cautions", Effect.TIGHTER), ("evidence", Effect.TIGHTER), ("contradictions", Effect.TIGHTER)]
    + [(kind, Effect.LOOSER) for kind in ("protocols", "ceilings", "consent", "intake", "drugs", "facts")],
)  # fmt: skip
def test_a_further_file_only_adds_where_its_kind_can_only_add(kind: str, expected: Effect) -> None:
    overlay = overlays.compare(kind, "testcase_of_ours", b'title = "Ours"')
    assert (overlay.added, overlay.effect) == (True, expected)


def test_a_change_is_shown_as_it_stands_in_both() -> None:
    text = ours(CEILING).replace("limit = { value = 30,", "limit = { value = 35,", 1)
    (change,) = overlays.compare("ceilings", "esketamine", text.encode()).changes
    assert (change.field, change.ours, change.own, change.effect) == (
        "limits.crps_trial.limit.value", "30", "35", "looser",
    )  # fmt: skip


UNUSED = ("steps.*.cap", "when.a")
NUMBER = re.compile(r"\{ value = (-?[0-9.]+)")
FILES = (CEILING, COURSE, MONITORING, START, LEAVE, "settings/inpatient", "vital_signs/spo2")


@pytest.mark.thorough
@given(st.sampled_from(FILES), st.integers(0, 10_000), st.sampled_from((0.5, 2.0)))
def test_tighter_one_way_is_looser_the_other(place: str, which: int, by: float) -> None:
    """Whatever number of whatever file: a change and its reverse are never both tighter, nor unnoticed."""
    kind, id = place.split("/")
    text = ours(place)
    spots = [spot for spot in NUMBER.finditer(text) if float(spot[1]) != 0]
    spot = spots[which % len(spots)]
    changed = f"{text[: spot.start(1)]}{float(spot[1]) * by}{text[spot.end(1) :]}"
    there = overlays.compare(kind, id, changed.encode(), text.encode())
    back = overlays.compare(kind, id, text.encode(), changed.encode())
    in_examples = tomllib.loads(text) | {"examples": 0} == tomllib.loads(changed) | {"examples": 0}
    assert in_examples or there.looser or back.looser
    assert len(there.changes) == len(back.changes) == 1


def test_every_rule_names_something_that_stands_in_our_files() -> None:
    """A rule for a field that was renamed would judge nothing, in silence."""
    for table in (directions.NUMBERS, directions.ORDERED, directions.GROWS):
        for where, patterns in table.items():
            kind, _, id = where.partition("/")
            paths = {path for name in catalogue.ids(kind) if not id or name == id for path in _paths(kind, name)}
            # What may be left out of a file, and is of none of ours today.
            ends = (
                "does",
                "cap",
                "low",
                "high",
                "needed",
                "relative",
                "once_seen",
                "again_after_rise",
                "ask_when_unknown",
            )
            for pattern in patterns:
                if pattern.rpartition(".")[2] not in ends and not pattern.startswith(UNUSED):
                    assert any(directions.matches(path, pattern) for path in paths), f"{where}: {pattern}"


def _paths(kind: str, id: str) -> set[str]:
    def below(path: str, value: object) -> set[str]:
        parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return {path}.union(*(below(f"{path}.{key}" if path else str(key), part) for key, part in parts))

    return below("", tomllib.loads(catalogue.content(kind, id).decode()))


@pytest.mark.parametrize("kind", catalogue.kinds())
def test_of_every_kind_a_file_differs_in_nothing_from_itself_and_loses_nothing_unnoticed(kind: str) -> None:
    """Without any one of its lines at the top it is looser, but for those that decide nothing."""
    id = catalogue.ids(kind)[0]
    text = catalogue.content(kind, id)
    assert overlays.compare(kind, id, text).changes == ()
    keys = re.findall(r"(?m)^([a-z_]+)\s*=", text.decode().partition("\n[")[0])
    for key in keys:
        less = re.sub(rf"(?ms)^{key}\s*=.*?\n(?=[a-z_]+\s*=|\[|\n|\Z)", "", text.decode(), count=1)
        try:
            tomllib.loads(less)
        except tomllib.TOMLDecodeError:
            continue  # a text over several lines
        expected = Effect.NEUTRAL if key in directions.NEUTRAL else Effect.LOOSER
        assert overlays.compare(kind, id, less.encode()).effect == expected, key
