"""The public pages over the web: without account, cookie or trace; the self-check leaves nothing of what was told."""

from __future__ import annotations

import gzip
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from unwound import reading, self_check, translations
from unwound.reading import live
from unwound_clinic.core import rates
from unwound_clinic.models import AuditEvent
from unwound_clinic.public import forms, shown
from unwound_clinic.public.pages import check, search

CHECK = "/learn/check/"
IN_SPANISH = (
    "/learn/es/",
    "/learn/es/check/",
    "/learn/es/search/",
    *(f"/learn/es/questions/{id}/" for id in translations.PAGES),
)
TO_CHANGE = tuple(f"/learn/try/{id}/" for id in live.pictures())
HEALTHY = {
    "country": "AT",
    "group-spine": "none",
    "group-growing_illness": "none",
    **dict.fromkeys((question.fact for question in self_check.knowledge().warnings), "no"),
    "suicidal_thoughts_now": "no",
}
DIABETES = {
    **HEALTHY,
    "step": "2",
    "diagnosis": "painful_diabetic_polyneuropathy",
    "area": "distal-symmetric",
    "duration": "14",
    "duration-unit": "months",
    "average": "7",
    "pain_began_in_plausible_time": "yes",
}


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    rates.forget()


def body(answer: Any) -> str:
    return str(answer.content.decode())


SAMPLE = ["/learn/", "/learn/evidence/", "/learn/conditions/", "/learn/questions/at_home/", CHECK, "/robots.txt"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", SAMPLE)
def test_a_reader_gets_no_cookie_and_no_session(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 200
    assert not answer.cookies
    assert "Cookie" not in answer.get("Vary", "")
    assert not Session.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.django_db
def test_every_page_opens_is_small_its_links_lead_somewhere_and_it_claims_no_review_it_has_not() -> None:
    client, known = Client(), {"/learn/", CHECK, *(shown.place(page) for page in reading.every())}
    known |= {*IN_SPANISH, *TO_CHANGE}
    known |= {reverse("learn-kind", args=[kind]) for kind in reading.KINDS}
    for page in reading.every():
        answer = client.get(shown.place(page))
        text = body(answer)
        assert answer.status_code == 200, page.id
        assert len(gzip.compress(answer.content)) < 40_000, page.id  # with both style sheets below 100 kB
        links = set(re.findall(r'href="(/learn/[^"#]*)"', text))
        assert {link for link in links if not link.endswith("/clinician/")} <= known, page.id
        anchors = set(re.findall(r'href="#([^"]+)"', text))
        assert anchors <= set(re.findall(r'id="([^"]+)"', text)), page.id
        assert "<script>" not in text
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!testserver/|pubmed\.ncbi|doi\.org)', text), (
            "nothing is loaded from outside"
        )
        data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', text)[0])
        assert ("Not yet reviewed by a clinician" in text) == (page.reviewed is None), page.id
        assert ("reviewedBy" in data, "lastReviewed" in data) == (bool(page.reviewed),) * 2, page.id
        assert data["@type"] == "MedicalWebPage"
        assert (data.get("about", {}).get("@type") == "MedicalCondition") == (page.kind == "conditions")


@pytest.mark.django_db
def test_each_drawing_has_a_file_a_text_and_a_table_and_its_page_stays_small() -> None:
    drawn = set()
    for id in reading.ids("questions"):
        page = reading.page("questions", id)
        names = [one.picture for section in page.sections for one in section.drawings]
        answer = Client().get(shown.place(page))
        weight = len(gzip.compress(answer.content))
        for name in names:
            file = finders.find(f"unwound/pictures/{name}.svg")
            assert file, name
            weight += len(gzip.compress(Path(file).read_bytes()))
            table = shown.tables()[name]
            assert html.escape(table["description"]) in body(answer), "for those who do not see it"
            assert all(f"<td>{cell}</td>" in body(answer) for row in table["rows"] for cell in row)
            assert "<script" not in Path(file).read_text(encoding="utf-8")
        weight += sum(len(gzip.compress(Path(str(finders.find(f"unwound/{sheet}.css"))).read_bytes()))
                      for sheet in ("unwound", "learn"))  # fmt: skip
        assert weight < 100_000, id
        drawn |= set(names)
    assert drawn == set(shown.tables()), "none is drawn for nothing"


def test_what_stands_in_the_data_for_search_engines_cannot_end_its_element() -> None:
    assert "<" not in shown._json({"name": "</script><script>alert(1)</script>&"})


@pytest.mark.django_db
def test_words_are_explained_where_they_first_stand_and_once() -> None:
    explained = shown.Explained({"opioids": "strong painkillers", "drip": "a slow <dose>"})
    first, second = explained("Opioids & a drip."), explained("opioids again")
    assert first == (
        '<dfn>Opioids</dfn> <span class="means">(strong painkillers)</span> &amp; a '
        '<dfn>drip</dfn> <span class="means">(a slow &lt;dose&gt;)</span>.'
    )
    assert second == "opioids again"
    assert body(Client().get("/learn/questions/ketamine_or_opioids/")).count("<dfn>opioids</dfn>") <= 1


@pytest.mark.django_db
def test_people_are_drawn_with_a_text_for_those_who_do_not_see_them() -> None:
    text = body(Client().get("/learn/conditions/spinal_cord_injury_pain/"))
    assert 'aria-label="5 of 10 people are marked; the line goes from 2 to 8"' in text
    assert text.count('class="on"') == 5


@pytest.mark.django_db
def test_the_version_for_clinicians_has_the_words_and_the_numbers_of_the_file() -> None:
    plain, clinical = (body(Client().get(f"/learn/therapies/gabapentin/{end}")) for end in ("", "clinician/"))
    assert "finnerup_2015: NNT 7.2 (5.9 to 9.21)" in clinical
    assert "NNT" not in plain
    assert "/learn/therapies/gabapentin/clinician/" in plain
    assert 'href="/learn/therapies/gabapentin/"' in clinical
    assert 'href="/library/' not in clinical, "those need an account"


@pytest.mark.django_db
def test_a_browser_that_has_the_page_is_told_so() -> None:
    first = Client().get("/learn/conditions/crps_1/")
    again = Client().get("/learn/conditions/crps_1/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "public" in first["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/learn/conditions/toothache/", "/learn/recipes/", "/learn/therapies/..%2f/"])
def test_what_is_not_there_is_not_found(address: str) -> None:
    assert Client().get(address).status_code == 404


@pytest.mark.django_db
def test_a_clinic_can_switch_the_library_off(settings: Any) -> None:
    settings.PUBLIC_LIBRARY = False
    for address in ("/learn/", CHECK, "/learn/search/", "/learn/conditions/crps_1/", "/sitemap.xml"):
        assert Client().get(address).status_code == 404, address
    assert Client().post(CHECK, DIABETES).status_code == 404
    assert body(Client().get("/robots.txt")) == "User-agent: *\nDisallow: /\n"


@pytest.mark.django_db
def test_search_engines_are_told_every_public_page_and_kept_from_all_else() -> None:
    robots, sitemap = body(Client().get("/robots.txt")), body(Client().get("/sitemap.xml"))
    assert "Disallow: /\n" in robots
    assert "Allow: /learn/\n" in robots
    listed = set(re.findall(r"<loc>http://testserver(.*?)</loc>", sitemap))
    assert listed == {"/learn/", CHECK, *IN_SPANISH, *TO_CHANGE, *(shown.place(page) for page in reading.every())}


# the self-check


@pytest.mark.django_db
def test_the_way_through_ends_in_what_comes_first() -> None:
    client = Client()
    second = client.post(CHECK, {**HEALTHY, "step": "1"})
    assert "what you have tried" in body(second)
    assert 'name="group-spine" value="none"' in body(second), "the first page travels on in the form"
    result = client.post(CHECK, DIABETES)
    assert "Try these first, and talk to your doctor" in body(result)
    assert "/learn/therapies/duloxetine/" in body(result)


@pytest.mark.django_db
def test_what_is_urgent_ends_it_at_once_even_if_the_rest_was_left_empty() -> None:
    text = body(
        Client().post(
            CHECK, {"step": "1", "country": "AT", "group-spine": "saddle_numbness_new", "back_or_leg_pain": "yes"}
        )
    )
    assert "Go to the nearest emergency department now." in text
    assert 'href="tel:112"' in text
    assert "what you have tried" not in text


@pytest.mark.django_db
def test_thoughts_of_ending_life_come_first_with_the_line_of_the_country() -> None:
    text = body(Client().post(CHECK, {**HEALTHY, "suicidal_thoughts_now": "yes", "country": "US"}))
    assert "Nobody reads what you tick here" in text
    assert 'href="tel:988"' in text
    without = body(Client().post(CHECK, {**HEALTHY, "suicidal_thoughts_now": "yes", "country": ""}))
    assert "tel:" not in without, "no number of a country that was not named"


@pytest.mark.django_db
def test_a_warning_sign_that_was_left_out_is_asked_again() -> None:
    for left in ("group-spine", "limb_ischaemia_signs", "suicidal_thoughts_now"):
        text = body(Client().post(CHECK, {name: value for name, value in DIABETES.items() if name != left}))
        assert "Please answer this one" in text, left
        assert "Try these first" not in text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "says"),
    [({"average": "11"}, "plausible range"),
     ({"duration": "1.234,5", "duration-unit": "years"}, "longer than a hundred years"),
     ({"tried-gabapentin": "no-effect", "dose-gabapentin": "lots"}, "«lots»"),
     ({"group-mind": ["none", "psychosis_active"]}, "Which of them is right?")],
)  # fmt: skip
def test_what_cannot_be_read_is_asked_again_and_never_guessed(typed: dict[str, Any], says: str) -> None:
    text = body(Client().post(CHECK, {**DIABETES, **typed}))
    assert says in text
    assert "Please look at what is marked below" in text
    assert "Talk about these" not in text


@pytest.mark.django_db
def test_nothing_of_it_is_kept_anywhere(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    client = Client()
    for form in ({**HEALTHY, "step": "1"}, DIABETES, {**HEALTHY, "suicidal_thoughts_now": "yes"}):
        answer = client.post(CHECK, form)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert "Location" not in answer, "no redirect that could carry it"
        assert not answer.cookies
    assert not Session.objects.exists()
    assert not AuditEvent.objects.exists()
    logged = caplog.text + "".join(capfd.readouterr())
    assert "diabetic" not in logged
    assert "suicid" not in logged
    assert not client.session.keys()


@pytest.mark.django_db
def test_answers_in_an_address_are_not_read() -> None:
    text = body(Client().get(CHECK, {**HEALTHY, "suicidal_thoughts_now": "yes"}))
    assert "Nobody reads what you tick here" not in text
    assert "checked" not in text


@pytest.mark.django_db
def test_too_many_from_one_address_wait_and_another_does_not() -> None:
    for _ in range(check.A_MINUTE):
        assert Client().post(CHECK, HEALTHY).status_code == 200
    answer = Client().post(CHECK, HEALTHY)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert "call your emergency number" in body(answer)
    assert Client().post(CHECK, HEALTHY, REMOTE_ADDR="192.0.2.9").status_code == 200


@pytest.mark.django_db
def test_odd_fields_are_left_alone() -> None:
    odd = {**DIABETES, "diagnosis": "toothache", "area": "moon", "tried-arsenic": "helps", "country": "Narnia"}
    assert Client().post(CHECK, odd).status_code == 200
    assert forms.Sent.of(Client().post(CHECK, odd).wsgi_request.POST).everything().diagnosis == ""


# the search


SEARCH = "/learn/search/"


@pytest.mark.django_db
def test_what_is_urgent_stands_before_what_fits_and_the_numbers_are_those_of_a_country_that_was_named() -> None:
    text = body(Client().post(SEARCH, {"words": "siatica and I cant pee"}))
    assert text.index("First, please") < text.index("What may fit")
    assert "We looked for sciatica where you typed «siatica»" in text
    assert "tel:" not in text
    assert 'href="tel:112"' in body(Client().post(SEARCH, {"words": "siatica and I cant pee", "country": "AT"}))
    assert "First, please" not in body(Client().post(SEARCH, {"words": "burning feet"}))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "address"),
    [("spravato", "/learn/questions/esketamine/"), ("fibromialgia", "/learn/conditions/fibromyalgia/"),
     ("lyrica", "/learn/therapies/pregabalin/")],
)  # fmt: skip
def test_a_search_leads_to_pages_that_are_there(words: str, address: str) -> None:
    text = body(Client().post(SEARCH, {"words": words}))
    assert f'href="{address}"' in text
    for link in re.findall(r'<li>\s*<a href="(/learn/[^"]+)"', text):
        assert Client().get(link).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("words", ["", "   ", "zzzz qqqq", "<script>alert(1)</script>", "é" * 5000, "weather"])
def test_any_words_are_answered_and_never_run(words: str) -> None:
    answer = Client().post(SEARCH, {"words": words})
    assert answer.status_code == 200
    assert "<script>alert" not in body(answer)
    if words in ("zzzz qqqq", "weather"):
        assert "Nothing here fits." in body(answer)
        assert "does not mean that all is well" in body(answer)


@pytest.mark.django_db
def test_a_search_is_kept_nowhere(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    answer = Client().post(SEARCH, {"words": "trigeminal"})
    assert "/learn/conditions/trigeminal_neuralgia/" in body(answer)
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert not answer.cookies
    assert not Session.objects.exists()
    assert "trigeminal" not in caplog.text + "".join(capfd.readouterr())
    assert "trigeminal" not in body(Client().get(SEARCH, {"words": "trigeminal"})), "words in an address are not read"
    assert '<form method="post" action="/learn/search/"' in body(Client().get("/learn/conditions/crps_1/"))


@pytest.mark.django_db
def test_too_many_searches_from_one_address_wait() -> None:
    for _ in range(search.A_MINUTE):
        assert Client().post(SEARCH, {"words": ""}).status_code == 200
    assert Client().post(SEARCH, {"words": ""}).status_code == 429
