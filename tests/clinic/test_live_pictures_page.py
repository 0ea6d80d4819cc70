"""Pictures that a reader changes, over the web: by addresses alone, each made once, and none without end."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from unwound.reading import live
from unwound.reading.live import Choice, Drawn, LivePicture
from unwound_clinic.core import rates
from unwound_clinic.public import shown
from unwound_clinic.public.pages import live as pages

WIND_UP = "/learn/try/wind_up/"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA = tmp_path
    rates.forget()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Choice]:
    """What had to be drawn; the models themselves are tried by `tests/data/test_live_pictures.py`."""
    asked: list[Choice] = []

    def draw(of: LivePicture, choice: Choice) -> Drawn:
        asked.append(choice)
        number = str(len(asked))
        return Drawn(
            svg=f"<svg>{number}</svg>",
            description=f"picture {number}",
            head=("Jab",),
            rows=(("1",),),
            says=("It grows.",),
        )

    monkeypatch.setattr(live, "drawn", draw)
    return asked


def body(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_reader_changes_a_choice_and_sees_another_picture_in_words_and_as_a_picture() -> None:
    client = Client()
    usual, changed = (body(client.get(WIND_UP, asked)) for asked in ({}, {"gates": "ketamine-5", "nerve": "hurt"}))
    assert "As you chose: 3 answers to the first jab, and 4 to the last." in usual
    assert "The drug shuts" in changed
    assert '<option value="ketamine-5" selected>' in changed
    assert '<option value="all" selected>' in usual
    (address,) = re.findall(r'<img src="([^"]+picture\.svg[^"]*)"', changed)
    query = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
    assert query == {"pace": ["each-second"], "gates": ["ketamine-5"], "nerve": ["hurt"]}
    picture = client.get(address.replace("&amp;", "&"))
    assert picture["Content-Type"] == "image/svg+xml"
    assert "spinal cord" in body(picture)
    assert "spikes after the first stimulus" in body(picture), "its description is inside"


@pytest.mark.parametrize("id", live.pictures())
def test_every_page_of_one_says_that_it_is_a_model_has_words_a_table_and_sources(id: str, drawn: list[Choice]) -> None:
    answer = Client().get(f"/learn/try/{id}/")
    text = body(answer)
    assert "A model, not " in text
    assert 'alt="picture 1"' in text
    assert "<li>It grows.</li>" in text
    assert '<th scope="col">Jab</th>' in text
    assert "Not yet reviewed by a clinician" in text
    assert text.count('id="ref-') >= 3
    assert "<script>" not in text
    assert not answer.cookies
    for control in live.picture(id).controls:
        assert f'<label for="{control.id}">{control.ask}</label>' in text


def test_each_picture_is_made_once_for_all_readers_and_its_page_and_its_file_share_it(drawn: list[Choice]) -> None:
    for _ in range(3):
        Client().get(WIND_UP, {"pace": "twice-a-second"})
        Client().get(f"{WIND_UP}picture.svg", {"pace": "twice-a-second"})
    assert len(drawn) == 1


def test_whoever_asks_for_many_new_ones_waits_and_those_that_are_there_are_still_shown(drawn: list[Choice]) -> None:
    client, of = Client(), live.picture("wind_up")
    asked = [
        {"pace": pace.id, "gates": gates.id} for pace in of.controls[0].options for gates in of.controls[1].options
    ]
    statuses = [client.get(WIND_UP, query).status_code for query in asked]
    assert statuses == [200] * pages.A_MINUTE + [429] * (len(asked) - pages.A_MINUTE)
    assert client.get(f"{WIND_UP}picture.svg", asked[-1]).status_code == 429
    assert client.get(WIND_UP, asked[0]).status_code == 200
    assert len(drawn) == pages.A_MINUTE


def test_an_address_that_names_no_choice_is_told_so_with_the_choices(drawn: list[Choice]) -> None:
    answer = Client().get(WIND_UP, {"pace": "<script>alert(1)</script>"})
    assert answer.status_code == 400
    assert "is none of the choices; there are: each-10-s, each-3-s" in body(answer)
    assert "<script>alert" not in body(answer)
    assert Client().get(f"{WIND_UP}picture.svg", {"pace": "never"}).status_code == 404
    assert Client().get("/learn/try/cold/").status_code == 404
    assert Client().get("/learn/try/cold/picture.svg").status_code == 404
    assert len(drawn) == 1


def test_what_an_address_carries_besides_makes_no_further_picture(drawn: list[Choice]) -> None:
    for number in range(5):
        assert Client().get(WIND_UP, {"utm_source": str(number)}).status_code == 200
    assert len(drawn) == 1


def test_a_clinic_without_the_library_has_none_of_it(settings: Any) -> None:
    settings.PUBLIC_LIBRARY = False
    assert Client().get(WIND_UP).status_code == 404
    assert Client().get(f"{WIND_UP}picture.svg").status_code == 404


def test_a_full_disk_costs_time_and_not_the_page(drawn: list[Choice], settings: Any, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder", encoding="utf-8")
    assert [Client().get(WIND_UP).status_code for _ in range(2)] == [200, 200]
    assert len(drawn) == 2


def test_the_questions_lead_to_the_pictures_and_the_pictures_back(drawn: list[Choice]) -> None:
    leads = {"why_worse_each_time": "wind_up", "why_painkillers_fail": "opioids", "short_or_long": "short_and_long"}
    home = body(Client().get("/learn/"))
    for question, id in leads.items():
        assert f'href="/learn/try/{id}/"' in body(Client().get(f"/learn/questions/{question}/"))
        assert f'href="/learn/questions/{question}/"' in body(Client().get(f"/learn/try/{id}/"))
        assert f'href="/learn/try/{id}/"' in home
        assert f"<loc>http://testserver/learn/try/{id}/</loc>" in body(Client().get("/sitemap.xml"))


def test_what_search_engines_read_names_the_page_itself(drawn: list[Choice]) -> None:
    assert shown.linked_data(live.page("opioids"), "https://clinic")["url"] == "https://clinic/learn/try/opioids/"
