"""`unwound find`: what somebody types, and what is printed."""

import json

from terminal import unwound

from unwound import catalogue


def test_the_answer_as_json_says_what_it_rests_on_and_has_red_flags_first() -> None:
    answer = json.loads(unwound("find", "--json", "--country", "de", "siatica and I can't pee").stdout)
    assert list(answer) == ["version", "data_fingerprint", "own_fingerprint", "red_flags", "results", "read_as"]
    assert answer["data_fingerprint"] == catalogue.fingerprint()
    assert [flag["id"] for flag in answer["red_flags"]] == ["cauda_equina", "urinary_retention"]
    assert all("112" in flag["say"][-1] for flag in answer["red_flags"])
    assert "lumbosacral_radiculopathy" in [result["id"] for result in answer["results"]]
    assert answer["read_as"] == {"siatica": ["sciatica"]}


def test_for_the_eye_what_to_do_stands_first_and_a_slip_is_said() -> None:
    lines = unwound("find", "shingels", "on", "my", "forehead", "and", "a", "red", "eye").stdout.splitlines()
    assert lines[0] == "Shingles that may have reached the eye"
    assert "«shingels» was read as shingles" in lines


def test_where_nothing_fits_and_where_a_country_is_not_known_it_says_so() -> None:
    assert unwound("find", "weather tomorrow").stdout == "Nothing here fits.\n"
    done = unwound("find", "--country", "XX", "sciatica")
    assert done.returncode == 2
    assert "there are: AU" in done.stderr
