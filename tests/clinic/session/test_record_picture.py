"""The picture of a printed record: what a nurse anaesthetist reads off it is what was read and given."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from in_session import given, infusing, monitored
from small_clinic import House

from unwound.session import Limit, Limits, Reading, gather, usual
from unwound.terms import Advice
from unwound_clinic.session import watching
from unwound_clinic.session.actions import charting, preparation
from unwound_clinic.session.infusion_record import before, content, every_reading, head, pdf, picture

START = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
IDLE = picture.Pump(rates=(), given_mg=lambda at: 0.0)


def drawn(
    *readings: Reading, minutes: float = 60, pump: picture.Pump = IDLE, marks: tuple[tuple[int, float], ...] = ()
) -> str:
    events = [(number, START + timedelta(minutes=minute)) for number, minute in marks]
    (page,) = picture.pages(gather(readings), pump, events, (START, START + timedelta(minutes=minutes)), UTC)
    return page


def read(minute: float, sign: str, value: float | None, source: str = "probe") -> Reading:
    status = "value" if value is not None else "no-sensor"
    return Reading(at=START + timedelta(minutes=minute), kind=sign, value=value, source=source, status=status)


def test_pressures_are_carets_whose_points_are_the_values_and_the_pulse_is_a_dot() -> None:
    page = drawn(read(30, "systolic", 120), read(30, "diastolic", 80), read(30, "heart_rate", 70))
    x, top, bottom = (picture.LEFT + picture.RIGHT) / 2, picture.MAIN.y(120), picture.MAIN.y(80)
    assert f"L{x:.1f} {top:.1f}L" in page, "the point of the systolic caret"
    assert f"L{x:.1f} {bottom:.1f}L" in page, "the point of the diastolic caret"
    assert f'<circle cx="{x:.1f}" cy="{picture.MAIN.y(70):.1f}" r="2.6"/>' in page


def test_a_dip_of_seconds_is_drawn_and_written_and_the_mark_is_a_reading_that_was_taken() -> None:
    values = [98.0] * 9 + [82.0] + [97.0] * 9
    page = drawn(*(read(20 + number / 10, "spo2", value) for number, value in enumerate(values)))
    assert ">82</text>" in page
    low, high, middle = (picture.OXYGEN.y(value) for value in (82, 98, 97))
    assert re.search(rf"M([\d.]+) {low:.1f}L\1 {high:.1f}", page), "a bar from the lowest to the highest"
    assert re.search(rf" {middle:.1f}L[\d.]+ {middle:.1f}\" stroke=\"#000\" stroke-width=\"1.6\"", page)


@pytest.mark.parametrize(("value", "written"), [(93, True), (94, False)])
def test_a_saturation_is_written_below_the_limit_of_the_session(value: float, written: bool) -> None:
    own = Limit(id="spo2_low", sign="spo2", does=Advice.STOP, below=94)
    assert (f">{value}</text>" in limited(usual().instead(limits=[own]), value)) is written
    assert f">{value}</text>" not in limited(usual(), value), "the usual limit is lower"


def test_the_table_rounds_no_value_over_a_limit_of_the_session() -> None:
    own = usual().instead(limits=[Limit(id="spo2_low", sign="spo2", does=Advice.STOP, below=94)])
    assert content.shows(read(0, "spo2", 93.6), own) == "93.6"
    assert content.shows(read(0, "spo2", 93.6), usual()) == "94"


def limited(limits: Limits, spo2: float) -> str:
    span = (START, START + timedelta(hours=1))
    (page,) = picture.pages(gather([read(30, "spo2", spo2)]), IDLE, [], span, UTC, limits)
    return page


def test_a_sensor_that_is_off_is_hatched_until_the_next_reading_and_a_silence_is_left_open() -> None:
    off = drawn(read(10, "spo2", 97), read(20, "spo2", None), read(25, "spo2", None), read(40, "spo2", 97))
    (wide,) = re.findall(r'width="([\d.]+)" height="60.0" fill="url\(#off\)"', off)
    assert float(wide) == pytest.approx((picture.RIGHT - picture.LEFT) / 3, abs=0.1)
    assert 'fill="url(#off)"' not in drawn(read(10, "spo2", 97), read(40, "spo2", 97))


@pytest.mark.parametrize(("value", "written"), [(221, True), (220, False), (19, False), (20, False)])
def test_what_lies_off_the_scale_stands_at_its_edge_as_a_number(value: float, written: bool) -> None:
    page = drawn(read(30, "systolic", value))
    believed = value >= 20
    assert (f'font-weight="bold">{value}<' in page) is (written and believed)


def test_rate_amount_and_events_stand_where_they_happened() -> None:
    half = START + timedelta(minutes=30)
    pump = picture.Pump(
        rates=((START, half, 20.0), (half, START + timedelta(minutes=60), 10.0)),
        given_mg=lambda at: 20.0 * ((at - START) / timedelta(hours=1)),
        predicted=((START, 0.0), (half, 120.0)),
    )
    page = drawn(pump=pump, marks=((1, 0), (2, 30), (3, 30.5)))
    assert all(word in page for word in (">20</text>", ">10</text>", ">120</text>", "stroke-dasharray"))
    heights = re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)" r="5.4"', page)
    assert heights == ["17.0", "17.0", "6.0"], "marks that would cover each other stand above each other"


def row_of(page: str, title: str) -> list[str]:
    """The figures that stand on the line of a title, from the left."""
    (height,) = re.findall(rf'y="([\d.]+)" text-anchor="start"[^>]*>{re.escape(title)}<', page)
    return re.findall(rf'y="{height}" text-anchor="middle"[^>]*>([^<]+)<', page)


def test_scores_and_temperature_stand_in_figures_under_the_picture() -> None:
    scores = [read(5 + 15 * number, "sedation", value, "") for number, value in enumerate((0, -1, -2, 0))]
    pain = [read(5, "pain", 6, ""), read(5.5, "pain", 2, ""), read(50, "pain", 3, "")]
    warm = [read(second / 60, "temperature", 36.8 + (second > 1800) / 10) for second in range(0, 3600, 10)]
    page = drawn(*scores, *pain, *warm)
    assert row_of(page, "RASS") == ["0", "−1", "−2", "0"]
    assert row_of(page, "Pain") == ["2–6", "3"]
    figures = row_of(page, "Temp °C")
    assert (figures[0], figures[-1]) == ("36.8", "36.9")
    assert len(figures) <= (picture.RIGHT - picture.LEFT) / picture.WIDE, "figures do not run into each other"
    assert "Nausea" not in page, "what nobody charted has no row"


def test_amount_and_fluid_stand_by_the_clock() -> None:
    pump = picture.Pump(rates=(), given_mg=lambda at: (at - START) / timedelta(minutes=1), fluid_ml=lambda at: 50.4)
    page = drawn(pump=pump)
    assert row_of(page, "Given mg") == ["15", "30", "45", "60"]
    assert row_of(page, "Fluid mL") == ["50"] * 5


@pytest.mark.parametrize(("hours", "pages"), [(0.1, 1), (4, 1), (12, 1), (12.5, 1), (24, 1), (24.5, 2), (100, 5)])
def test_a_session_stands_on_one_page_and_a_long_one_on_a_page_a_day(hours: float, pages: int) -> None:
    parts = picture.stretches(START, START + timedelta(hours=hours))
    assert len(parts) == pages
    assert parts[0][0] <= START
    assert parts[-1][1] >= START + timedelta(hours=hours)
    assert all(first[1] == second[0] for first, second in pairwise(parts))


@pytest.mark.parametrize(("hours", "minutes"), [(1, 5), (12, 5), (13, 15), (36, 15), (72, 30), (240, 30)])
def test_a_long_session_has_a_coarser_table_unless_another_is_asked_for(hours: float, minutes: int) -> None:
    assert content.usual(timedelta(hours=hours)) == minutes


def test_the_head_says_what_was_found_and_what_nobody_recorded(house: House) -> None:
    row = infusing(house)
    rows = watching.whole(row).rows
    found = dict(before.findings(row, rows))
    assert [found[name] for name in ("ASA class", "Airway", "IV access", "Oxygen")] == ["not recorded"] * 4
    eaten = timezone.now().astimezone(row.site.zone) - timedelta(hours=8)
    assert found["Last food"].startswith(f"about {eaten:%-d %b}")
    assert dict(before.patient(row, rows))["Allergies"] == "penicillin"
    assert dict(before.people(row, rows))["Relieved"] == "nobody"
    assert dict(before.order_and_consent(row))["Ordered by"].startswith("Test Physician")


def test_the_printed_record_opens_with_head_picture_and_numbered_events(house: House) -> None:
    row = infusing(house)
    monitored(house, row, 97, 96, 97)
    charting.note(**given(house, row), text="repositioned")
    live = watching.whole(row)
    record = content.record(row, live)
    printed = pdf._content(row, live, record)
    assert printed["model"].startswith("Clements 1981: racemic ketamine, volunteers, venous; ")
    assert dict(printed["course"])["Fluid"] == "0 mL"
    assert [line[2:] for line in printed["marks"]][-1] == ["note", "repositioned"]
    assert len(printed["pictures"]) == 1
    assert pdf.render(row, live, record).startswith(b"%PDF")


def test_the_four_findings_of_the_head_are_charted_with_the_day(house: House) -> None:
    from in_session import checked_in

    row = checked_in(house)
    found = {"asa_class": "II", "airway": "Mallampati 2", "iv_access": "left forearm, 20 G", "oxygen_by": "room air"}
    preparation.record_today(**given(house, row), answers={**found, "carrier_ml_per_h": 50.0})
    rows = watching.whole(row).rows
    assert head.carrier_ml_per_h(rows) == 50
    told = dict(before.findings(row, rows))
    assert [told[name] for name in ("ASA class", "Airway", "IV access", "Oxygen")] == list(found.values())


def told(text: str, minute: str = "") -> list[tuple[str, int, str]]:
    """The readings that a printed part tells, as anybody would read it: minute, second, what was read."""
    found: list[tuple[str, int, str]] = []
    second = -1
    for line in text.splitlines():
        if line.startswith(("==", "--")) or not line:
            continue
        minute = line[:5].strip() or minute
        for word in line[5:].split():
            if word.startswith(":"):
                second = int(word[1:]) - 1
                continue
            said, _, times = word.partition("×") if not word.startswith("✕") else (word, "", "")
            for _ in range(int(times or 1)):
                second += 1
                found.append((minute, second, said))
    return found


def test_every_reading_stands_on_paper_with_its_second(house: House) -> None:
    row = infusing(house)
    values: list[tuple[float, float | None]] = [(second / 60, 97 + (second % 7 == 0)) for second in range(150)]
    values += [(3, None), (3.5, 30), (5 + 59 / 60, 96), (6, 96)]
    readings = gather([read(minute, "spo2", value) for minute, value in values])
    ((column,),) = every_reading.pages(row, readings, (), UTC)
    expected = [
        (
            f"10:{int(minute):02d}",
            round(minute * 60) % 60,
            "off" if value is None else f"✕{value}" if value < 40 else f"{value}",
        )
        for minute, value in values
    ]
    assert told(column) == expected
    assert "Oxygen saturation, %, probe: 154 readings" in column
    assert all(len(line) <= every_reading.WIDTH for line in column.splitlines())


def test_a_long_print_is_asked_for_and_its_pages_are_foretold(house: House) -> None:
    row = infusing(house)
    monitored(house, row, *range(60, 99))
    live = watching.whole(row)
    few = pdf._every_reading(row, live, None)
    assert (len(few["every_reading"]), few["left_out"]) == (1, "")
    assert "readings, about 1 page," in pdf._every_reading(row, live, False)["left_out"]
    page = house.client("nurse").get(f"/sessions/{row.pk}/record/").content.decode()
    assert "PDF without every reading" in page
    answer = house.client("nurse").get(f"/sessions/{row.pk}/record.pdf?readings=yes")
    assert answer.content[:5] == b"%PDF-"


def test_how_many_pages_every_reading_takes_is_about_right() -> None:
    readings = gather([read(second / 60, "heart_rate", 70 + second * 7 % 5) for second in range(3600)])
    lines = list(every_reading._of_series("", *readings.series.values(), UTC))
    pages = -(-len(lines) // (every_reading.LINES * every_reading.COLUMNS))
    assert every_reading.about(readings) == pytest.approx(pages, abs=1)
