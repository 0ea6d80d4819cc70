"""One number in one place: a limit is changed in one line, and every session and every sentence follows."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from copied_data import ask, change, copy, file

from unwound import catalogue, protocols, session
from unwound.catalogue import Cited, CitedText
from unwound.protocols.knowledge import Setting, StopRule
from unwound.session import limits
from unwound.session.limits import Monitoring, StopRuleFile

EVERYTHING = """
import json
from unwound import monitoring, protocols
print(json.dumps({
    id: {
        "limits": {one.id: (one.below, one.above, one.says) for one in monitoring.limits(id).limits},
        "trends": {one.id: (one.beyond_percent, one.says) for one in monitoring.limits(id).trends},
        "checks": {one.id: (one.signs, one.every_min, one.says) for one in monitoring.limits(id).checks},
        "after": monitoring.limits(id).after_min,
        "stop_rules": [rule.text.text for rule in protocols.settings()[known.setting].stop_rules],
    }
    for id, known in protocols.protocols().items()
}))
"""
OWN = """
[[stop_rules]]
does = "stop"
when = { fact = "spo2_percent", below = { value = 94, unit = "%", source = "unwound_local", checked = "unchecked" } }
text = { text = "A ward of its own stops here.", source = "unwound_local", checked = "unchecked" }
"""
OXYGEN = 'below = { value = 90, unit = "%", low = 90, high = 92,'


def usual(data: Path) -> Path:
    return file(data, "rules", "monitoring")


def test_another_limit_is_watched_in_every_protocol_and_said_in_every_plan(tmp_path: Path) -> None:
    data = copy(tmp_path)
    change(usual(data), OXYGEN, 'below = { value = 93, unit = "%",')
    said = ask(data, EVERYTHING)
    assert set(said) == set(protocols.protocols())
    assert len(said) >= 11
    for id, one in said.items():
        assert one["limits"]["spo2_low"] == [
            93,
            None,
            "Oxygen saturation below 93 %: stop, give oxygen, call for help.",
        ], id
        assert "Oxygen saturation below 93 %: stop, give oxygen, call for help." in one["stop_rules"], id


@pytest.mark.thorough
def test_a_setting_that_says_otherwise_keeps_its_own_and_the_others_follow(tmp_path: Path) -> None:
    data = copy(tmp_path)
    change(usual(data), OXYGEN, 'below = { value = 93, unit = "%",')
    with file(data, "settings", "inpatient").open("a", encoding="utf-8") as ward:
        ward.write(OWN)
    wards = {id for id, one in protocols.protocols().items() if one.setting == "inpatient"}
    for id, one in ask(data, EVERYTHING).items():
        assert one["limits"]["spo2_low"][0] == (94 if id in wards else 93), id
        assert ("A ward of its own stops here." in one["stop_rules"]) == (id in wards), id
        assert len(one["stop_rules"]) == 6, id


@pytest.mark.thorough
def test_another_interval_and_another_hour_of_watching_reach_whoever_does_not_say_otherwise(tmp_path: Path) -> None:
    data = copy(tmp_path)
    change(usual(data), 'every = { value = 15, unit = "min", source = "goldberg_2005"', 'every = { value = 12, unit = "min", source = "goldberg_2005"')  # fmt: skip  # noqa: E501
    change(usual(data), "after  = { value = 60,", "after  = { value = 90,")
    said = ask(data, EVERYTHING)
    for id, one in protocols.protocols().items():
        pressure = {(each, every) for signs, every, each in said[id]["checks"].values() if "systolic" in signs}
        assert (("Blood pressure every 12 minutes.", 12) in pressure) == (one.setting == "outpatient"), id
        assert said[id]["after"] == (240 if one.setting == "inpatient" else 90), id


def test_a_stop_rule_of_several_trends_says_their_number_or_is_refused(tmp_path: Path) -> None:
    text = usual(copy(tmp_path)).read_text(encoding="utf-8")
    raised = tomllib.loads(text.replace("value = 20,", "value = 25,"))
    rules = [rule.text.text for rule in Monitoring.model_validate(raised).stop_rules]
    assert any("Blood pressure or pulse more than 25 % from baseline" in rule for rule in rules)
    raised["trends"]["diastolic"]["beyond"]["value"] = 30
    with pytest.raises(ValueError, match="of several numbers; write a rule for each"):
        Monitoring.model_validate(raised)


SAID = {"less than 10 seconds"}
"""A number that belongs to a scale itself, and to nothing else in these files."""


def sentences() -> Iterator[tuple[str, str]]:
    """What is said of limits, trends, checks and stopping, as the files say it."""
    for path in catalogue.files():
        if path.parent.name == "settings" or path == usual(catalogue.DATA):
            told = tomllib.loads(path.read_text(encoding="utf-8"))
            rules: list[dict[str, Any]] = [*told.get("watches", ()), *told.get("stop_rules", ())]
            rules += [rule for kind in ("limits", "trends", "checks") for rule in told.get(kind, {}).values()]
            yield from ((path.stem, rule["text"]["text"]) for rule in rules)


def test_no_sentence_repeats_a_number_of_its_rule() -> None:
    read = list(sentences())
    assert len(read) >= 40
    for name, text in read:
        rest = re.sub("|".join(SAID), "", text)
        assert not re.search(r"\d", rest), f"{name}: «{text}» says a number: name it by its place, as {{below}}"


def test_settings_say_only_how_they_differ() -> None:
    """What a setting repeats would stay behind when the usual is changed."""
    for path in catalogue.files():
        if path.parent.name == "settings":
            told = tomllib.loads(path.read_text(encoding="utf-8"))
            own = {rule["text"]["text"] for rule in told.get("stop_rules", ())}
            assert not own & {rule.text.text for rule in limits.monitoring().stop_rules}, path.name
            assert told.get("after", {}).get("value") != limits.monitoring().after.value, path.name


def test_a_place_without_its_number_is_refused_with_those_there_are() -> None:
    text = CitedText(text="Below {belw} {unit}.", source="unwound_local", checked="unchecked")
    with pytest.raises(ValueError, match=r"no number for 'belw'; there are: unit, below"):
        text.filled(unit="%", below="90")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(None, None, "90"), (90, 92, "90 to 92"), (88, 92, "90 (88 to 92)"), (80, 90, "90 (80 to 90)")],
)
def test_the_number_that_rings_is_always_in_the_sentence(low: float | None, high: float | None, said: str) -> None:
    number = Cited(value=90, unit="%", source="unwound_local", checked="unchecked", low=low, high=high)
    assert number.spoken == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(15, "every 15 minutes"), (60, "hourly"), (90, "every 90 minutes"), (120, "every 2 hours")]
)
def test_an_interval_is_said_as_people_say_it(minutes: float, said: str) -> None:
    every = Cited(value=minutes, unit="min", source="unwound_local", checked="unchecked")
    assert limits.often(every) == {"often": said}


@pytest.mark.parametrize(
    "wrong", [{}, {"limit": "spo2_low", "does": "stop"}, {"limit": "spo2_low", "trends": ("systolic",)}]
)
def test_a_stop_rule_says_what_it_does_exactly_once(wrong: dict[str, Any]) -> None:
    words = {"text": "Stop.", "source": "unwound_local", "checked": "unchecked"}
    with pytest.raises(ValueError, match="names a limit, its trends, or what it does"):
        StopRuleFile.model_validate({**wrong, "text": words})


def test_a_stop_rule_of_a_limit_that_is_not_there_is_refused(tmp_path: Path) -> None:
    told = tomllib.loads(usual(copy(tmp_path)).read_text(encoding="utf-8"))
    told["stop_rules"][1]["limit"] = "spo2_lo"
    with pytest.raises(ValueError, match="spo2_lo: not all of it is in this file"):
        Monitoring.model_validate(told)


def test_a_watch_as_usual_of_a_check_that_is_not_there_is_refused(tmp_path: Path) -> None:
    told = tomllib.loads(file(copy(tmp_path), "settings", "outpatient").read_text(encoding="utf-8"))
    told["watches"][1]["as_usual"] = "presure"
    with pytest.raises(ValueError, match="«presure» is no usual check"):
        Setting.model_validate(told)


def test_every_stop_rule_with_a_number_is_the_usual_limit_itself() -> None:
    """As the sessions of stored orders have it: the same record, not a copy that could differ."""
    limit = {one.id: one for one in session.usual().limits}["spo2_low"]
    for setting in protocols.settings().values():
        rules: list[StopRule] = [rule for rule in setting.stop_rules if rule.when and rule.when.fact == "spo2_percent"]
        (rule,) = rules
        assert rule.when is not None
        assert rule.when.below is limits.monitoring().limits["spo2_low"].below
        assert rule.when.below is not None
        assert rule.when.below.value == limit.below
        assert rule.does == limit.does
