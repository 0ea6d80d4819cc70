"""A patient is found as people write names, dates and numbers, and nobody else is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_clinic import House

from unwound_clinic.front import finding
from unwound_clinic.models import Patient, Site
from unwound_clinic.models.searching import fold, text_of
from unwound_clinic.record.actions import patients

PEOPLE = {
    "muller": {"family_name": "Müller", "given_name": "Zoë", "birth_date": date(1956, 2, 29), "phone": "030/123456"},
    "ohara": {"family_name": "O’Hara", "given_name": "José", "number": "B-17", "phone": "+49 30 7654321"},
    "doublet": {"family_name": "Doublet", "given_name": "Testcase", "birth_date": date(1980, 3, 4), "number": "B-170"},
    "smith": {"family_name": "Smith-Jones", "given_name": "Ann Marie", "phone": "(212) 555-0199"},
    "nandu": {"family_name": "Ñandú", "given_name": "", "birth_date": date(1999, 12, 31)},
    "wang": {"family_name": "王", "given_name": "小明"},
    "ahmad": {"family_name": "الأحمد", "given_name": "محمد"},
    "lukasz": {"family_name": "Wałęsa", "given_name": "Łukasz"},
    "percent": {"family_name": "Per_cent%", "given_name": "Odd"},
}


@pytest.fixture
def people(house: House) -> dict[int, str]:
    """Number of each patient -> how the cases call them."""
    by = house.by("nurse")
    rows = {name: patients.register(by=by, site=house.site, **fields) for name, fields in PEOPLE.items()}
    return {row.pk: name for name, row in rows.items()}


def who(asked: str, people: dict[int, str], house: House, jurisdiction: str = "") -> set[str]:
    Site.objects.filter(pk=house.site.pk).update(jurisdiction=jurisdiction)
    there = Patient.objects.filter(site=house.site)
    rows = finding.matching(there, asked, [house.site.pk]) or finding.mistyped(there, asked, [house.site.pk])
    return {people.get(row.pk, "other") for row in rows}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("muller", "muller"), ("MÜLLER", "muller"), ("mueller", "muller"), ("Mu\u0308ller", "muller"),
        ("zoe", "muller"), ("Zoe Muller", "muller"), ("Müller, Zoë", "muller"), ("mull", "muller"),
        ("ohara", "ohara"), ("o'hara", "ohara"), ("O’HARA", "ohara"), ("o hara", "ohara"), ("jose ohara", "ohara"),
        ("doublet, testcase", "doublet"), ("Testcase Doublet", "doublet"), ("doublet", "doublet"),
        ("smith jones", "smith"), ("smith-jones", "smith"), ("smithjones", "smith"), ("annmarie", "smith"),
        ("nandu", "nandu"), ("ÑANDÚ", "nandu"), ("王", "wang"), ("小明", "wang"), ("王 小明", "wang"),
        ("الأحمد", "ahmad"), ("الاحمد", "ahmad"), ("محمد الأحمد", "ahmad"), ("lukasz", "lukasz"), ("walesa", "lukasz"),
        ("29 Feb 1956", "muller"), ("29.02.1956", "muller"), ("1956-02-29", "muller"), ("February 29, 1956", "muller"),
        ("29/2/1956", "muller"), ("muller 29.02.1956", "muller"), ("29 feb 1956 zoë", "muller"), ("1956", "muller"),
        ("31 Dec 1999", "nandu"), ("030 123456", "muller"), ("030123456", "muller"), ("123456", "muller"),
        ("+49 30 123456", "muller"), ("030 7654321", "ohara"), ("7654321", "ohara"), ("212-555-0199", "smith"),
        ("b-17", "ohara doublet"), ("B-170", "doublet"), ("%", "percent"), ("_", "percent"),
        ("mueler", "muller"), ("mulelr", "muller"), ("mullner", "muller"), ("xuller", "muller"), ("doublte", "doublet"),
        ("dublet testcase", "doublet"), ("ohaar", "ohara"), ("walsea", "lukasz"),
        ("ohara 29.02.1956", ""), ("30 Feb 1956", ""), ("muller doublet", ""), ("zz", ""), ("dxxblet", ""), ("💊", ""),
        ("1980-04-03", ""), ("9999999", ""),
    ],
)  # fmt: skip
def test_who_is_found(asked: str, names: str, people: dict[int, str], house: House) -> None:
    assert who(asked, people, house) == set(names.split())


@pytest.mark.parametrize(("jurisdiction", "asked"), [("US", "02/29/1956"), ("UK", "29/02/1956"), ("", "29/02/1956")])
def test_a_date_is_read_in_the_order_of_the_site(
    jurisdiction: str, asked: str, people: dict[int, str], house: House
) -> None:
    assert who(asked, people, house, jurisdiction) == {"muller"}
    assert who("3/4/1980" if jurisdiction == "US" else "4/3/1980", people, house, jurisdiction) == {"doublet"}
    assert who("4/3/1980" if jurisdiction == "US" else "3/4/1980", people, house, jurisdiction) == set()


def test_who_has_one_name_is_registered_by_page_and_shown_by_it(house: House) -> None:
    client = house.client("coordinator")
    page = client.post("/patients/new/", {"family_name": "Suharto", "given_name": ""}, follow=True)
    assert page.status_code == 200
    row = Patient.objects.get(family_name="Suharto")
    assert (row.name, row.full_name, row.initials) == ("Suharto", "Suharto", "S.")
    assert "<bdi>Suharto</bdi>" in page.content.decode()


def test_what_was_searched_for_in_the_header_stands_in_no_address(house: House) -> None:
    client = house.client("nurse")
    assert 'id="find"' in client.get("/").content.decode()
    answer = client.post("/patients/", {"q": "testcsae"})
    assert "test" not in answer["Location"]
    shown = client.get(answer["Location"]).content.decode()
    assert "Testcase, One" in shown
    assert "one slip of the keys away" in shown
    exact = client.post("/patients/", {"q": "testcase"}, follow=True).content.decode()
    assert "Testcase, One" in exact
    assert "slip" not in exact
    assert 'id="find"' not in house.client("auditor").get("/").content.decode()


WORD = st.text(alphabet="abcdefgh", min_size=1, max_size=8)


def distance(a: str, b: str) -> int:
    """Slow and obvious: the fewest letters to change, add, leave out or swap with a neighbour, each place once."""
    rows = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            rows[i, j] = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                rows[i, j] = min(rows[i, j], rows[i - 2, j - 2] + 1)
    return rows[len(a), len(b)]


@given(WORD, WORD)
def test_a_slip_is_what_the_slow_way_counts_as_one(a: str, b: str) -> None:
    assert finding.is_slip(a, b) == (distance(a, b) <= 1)
    assert finding.is_slip(a, b) == finding.is_slip(b, a)


@given(st.text(alphabet="abcdefgh", min_size=4, max_size=9), st.data())
def test_a_slip_leaves_half_of_the_word_whole_or_swaps_its_middle(typed: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(typed) - 1))
    meant = data.draw(
        st.sampled_from(
            [typed[:at] + typed[at + 1 :], typed[:at] + "x" + typed[at:], typed[:at] + "x" + typed[at + 1 :],
             typed[:at] + typed[at + 1 : at + 2] + typed[at] + typed[at + 2 :]]
        )
    )  # fmt: skip
    assert finding.is_slip(typed, meant)
    assert any(part in meant for part in finding._left_whole(typed))


@given(st.text(max_size=30))
def test_folded_again_a_text_stays_the_same(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_the_longest_names_fit() -> None:
    text = text_of(family="W" * 80, given="ü" * 80, number="N" * 40, phone="1" * 40, born=date(1956, 2, 29))
    assert len(text) <= 800
    assert "1956-02-29" in text
