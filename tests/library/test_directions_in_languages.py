"""Directions as they are written in six languages: read whole, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unwound.exchange.fhir import directions, words
from unwound.exchange.fhir.direction_grammar import Amount

READ = [
    # the United Kingdom and the United States
    ("1 tab bd", 300, 600),
    ("1 tds", 300, 900),
    ("ONE qds", 300, 1200),
    ("1 od", 300, 300),
    ("1 nocte", 300, 300),
    ("1 mane", 300, 300),
    ("1 po qhs", 300, 300),
    ("2 tabs q6h", 300, 2400),
    ("1 tablet b.i.d.", 300, 600),
    ("take ONE three times a day", 300, 900),
    ("One to be taken three times a day", 300, 900),
    ("15 mg am, 30 mg nocte", None, 45),
    ("1 tablet in the evening at bedtime", 300, 300),
    ("Take two capsules three times a day with food", 300, 1800),
    ("1 capsule tid x 7 days", 300, 900),
    ("2 tablets 4 times a day, max 8 in 24 hours", 500, 4000),
    ("Take 1 capsule (300 mg total) by mouth 3 (three) times a day. Max Daily Amount: 900 mg", 300, 900),
    ("1½ tablets at night", 10, 15),
    # times of the clock, in several languages
    ("1 capsule at 08:00, 14:00 and 20:00", 300, 900),
    ("1 capsule at 8am and 8 pm", 300, 600),
    ("300 mg 8am 300 mg 2pm 600 mg 10pm", 300, 1200),
    ("1 capsule 2 times a day at 08:00 and 20:00", 300, 600),
    ("1 capsule at 8 pm and 20:00", 300, 300),
    ("1 capsule at bedtime and at 2 pm", 300, 600),
    ("300 mg um 8 Uhr und 20 Uhr", 300, 600),
    ("1 capsule om 08:00 en 20:00", 300, 600),
    ("1 gélule à 8:00 et 20:00", 300, 600),
    ("1 cápsula a las 8:00 y a las 20:00", 300, 600),
    # German
    ("1-0-1", 300, 600),
    ("1-0-1-0", 300, 600),
    ("1-1-1", 300, 900),
    ("½-0-1", 300, 450),
    ("1/2-0-1", 300, 450),
    ("0,5-0-1", 300, 450),
    ("1 – 0 – 2", 300, 900),
    ("300 mg 1-0-1", 300, 600),
    ("300-0-600 mg", 300, 900),
    ("3 x tgl. 1 Kapsel", 300, 900),
    ("1 Kapsel 3x täglich", 300, 900),
    ("3x1 tgl.", 300, 900),
    ("3x1", 300, 900),
    ("morgens und abends 1 Tbl.", 300, 600),
    ("Je 1 Tablette morgens und abends", 300, 600),
    ("morgens 1, mittags 0, abends 2", 300, 900),
    ("1 Tablette alle 8 Stunden", 300, 900),
    ("einmal täglich 1 Tablette", 300, 300),
    ("1 Kps. z. N.", 300, 300),
    ("2,5 mg täglich", None, 2.5),
    ("2xtgl. 1 Tbl.", 300, 600),
    ("2x taeglich 1 Stueck", 300, 600),
    # Dutch
    ("2x daags 1 tablet", 300, 600),
    ("2 dd 1 tablet", 300, 600),
    ("2dd1", 300, 600),
    ("3D1T", 300, 900),
    ("1 tablet 's avonds", 300, 300),
    ("1 capsule ’s ochtends en 2 voor de nacht", 300, 900),
    ("elke 12 uur 1 tablet", 300, 600),
    # French
    ("1 comprimé 3 fois par jour", 300, 900),
    ("1 gélule matin et soir", 300, 600),
    ("1 gélule matin, midi et soir", 300, 900),
    ("1 comprimé toutes les 8 heures pendant 7 jours", 300, 900),
    # Spanish
    ("1 comprimido cada 8 horas", 300, 900),
    ("1 comprimido por la mañana y 2 por la noche", 300, 900),
    ("tome 1 cápsula cada 12 horas durante 5 días", 300, 600),
    ("1 comp c/8h", 300, 900),
    ("1 comp/8 h", 300, 900),
    # how long before a meal, numbers in words, and the parted prefix of a verb
    ("1 capsule every twenty-four hours", 300, 300),
    ("1 capsule three times a day, 30 minutes before meals", 300, 900),
    ("1 capsule at least half an hour before breakfast", 300, 300),
    ("1 Kapsel 3x täglich mindestens eine halbe Stunde vor der Mahlzeit", 300, 900),
    ("Nehmen Sie täglich 2 Kapseln mit etwas Wasser ein.", 300, 600),
    ("1 tablet 's avonds, een half uur voor het eten", 300, 300),
    ("1 gélule 30 minutes avant le petit déjeuner", 300, 300),
    ("1 comprimido 30 minutos antes del desayuno", 300, 300),
    # more than a whole piece, a dose divided over the day, how long as it is written in the United Kingdom
    ("Take 1 1/2 tablets twice daily", 300, 900),
    ("one and a half tablets at night", 300, 450),
    ("un comprimé et demi le soir", 300, 450),
    ("1 comprimido y medio cada 12 horas", 300, 900),
    ("anderthalb Tabletten morgens", 300, 450),
    ("900 mg daily in 3 divided doses", 300, 900),
    ("600 mg par jour en 2 prises", 300, 600),
    ("1 tab BD x 2/52", 300, 600),
    ("8-stündlich 1 Tablette", 300, 900),
    ("650 mg = 2 cap, Oral, every 6 hr", 325, 2600),
    (">>1-0-1<<", 300, 600),
    # meals that do not count themselves
    ("1 tablet twice daily with food or milk", 300, 600),
    ("1 tablet in the morning, with food", 300, 300),
    # Japanese
    ("1日3回毎食後 1回1カプセル", 300, 900),
    ("1 カプセル 1日1回 朝食後", 300, 300),
]


@pytest.mark.parametrize(("written", "strength", "mg_per_day"), READ)
def test_directions_of_six_languages_are_read(written: str, strength: float | None, mg_per_day: float) -> None:
    assert directions.read(written, strength).mg_per_day == pytest.approx(mg_per_day)


@pytest.mark.parametrize(
    "written",
    [
        "1 prn",
        "1 tablet p.r.n.",
        "1 tablet bd when required",
        "1 Kapsel b. Bed.",
        "1 Tablette bei Bedarf",
        "1 Tbl. b. B.",
        "1 tablet zo nodig",
        "3D1T zn",
        "1 comprimé si besoin",
        "1 comprimido cada 8 horas si precisa",
        "1錠 疼痛時",
        "1 tablet twice daily for breakthrough pain",
        "etwas ganz anderes bei Bedarf",
        # in languages whose other words are not read
        "1 compressa al bisogno",
        "1 comprimido de 8 em 8 horas se necessário",
        "1 tablett vid behov",
        "1 tabletka w razie bólu",
        "при необходимости",
        "필요시 1정",
    ],
)
def test_as_needed_is_as_needed_in_every_language(written: str) -> None:
    what = directions.understood(written)
    assert what.kind == "as-needed"
    assert "how much was taken is not known" in directions.read(written, 300).why_not


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1.200 mg täglich", "read in two ways"),
        ("1,250 mg täglich", "read in two ways"),
        ("1,200 mg tid", "read in two ways"),
        ("1-2 Tbl. tgl.", "a range"),
        ("1 of 2 tabletten per dag", "a range"),
        ("1 à 2 comprimés par jour", "a range"),
        ("1 o 2 comprimidos al día", "a range"),
        ("1 Kapsel 2-3x tgl.", "a range"),
        ("up to 4 times a day 1 tablet", "a range"),
        ("bis zu 3x täglich 1 Tablette", "a range"),
        ("bis 3 x tgl. 1 Tbl.", "a range"),
        ("tot 3 maal per dag 1 capsule", "a range"),
        ("1 capsule in the morning or in the evening", "a range"),
        ("1 Tablette morgens oder abends", "a range"),
        ("1 comprimé le matin ou le soir", "a range"),
        ("1 comprimido por la mañana o por la noche", "a range"),
        ("Take 1 tablet with meals and at bedtime", "at how many meals a day"),
        ("Take 1 tablet ac and hs", "at how many meals a day"),
        ("1 Tablette zu den Mahlzeiten und zur Nacht", "at how many meals a day"),
        ("1x daags 1 tablet bij het eten en voor de nacht", "at how many meals a day"),
        ("1 comprimé aux repas et au coucher", "at how many meals a day"),
        ("1 comprimido con las comidas y al acostarse", "at how many meals a day"),
        ("Take with 60 mg capsule daily", "«with» is not understood"),
        ("1 tablet three times a day in divided doses", "changes"),
        ("1-0-1 pausiert", "changes"),
        ("gestopt 1dd1", "changes"),
        ("1 tablet daily, discontinued", "changes"),
        ("1-0-1, dann steigern", "changes"),
        ("1 tablet bd until the review", "changes"),
        ("1 Tablette morgens, nur bei Schmerzen", "as needed"),
        ("1 tablet once a week", "not the same every day"),
        ("1 Tbl. montags", "not the same every day"),
        ("twenty five mg daily", "«twenty» is not understood"),
        ("1 capsule three times a day under the full moon", "«under full moon» is not understood"),
        ("1 Kapsel 3x täglich laut Frau Testcase", "«laut frau testcase» is not understood"),
        ("1000 mg every 6 hours, max 3 g a day", "the most that may be taken"),
        ("1 tablet daily, maximum 8 tablets", "the most that may be taken"),
        ("take 75 twice a day", "what 75 counts"),
        ("3x täglich", "could not be read"),
        ("Apply 1 patch every 72 hours", "the strength of one piece is not known"),
        ("300 mg stat", "single dose"),
        ("1 tablet twice daily q8h", "could not be read"),
    ],
)
def test_what_is_not_read_says_why(written: str, why: str) -> None:
    strength = None if "patch" in written else 150
    reading = directions.read(written, strength)
    assert reading.mg_per_day is None
    assert why in reading.why_not


def test_how_long_and_at_most_are_kept() -> None:
    assert directions.understood("1 tablet bd for 5 days").days == 5
    assert directions.understood("3x tgl. 1 Tablette 2 Wochen lang").days == 14
    assert directions.understood("1 tablet bd, max 600 mg in 24 hours").most == Amount(mg=600)
    assert directions.understood("1000 mg every 6 h, up to 4000 in 24 h").most == Amount(mg=4000)


FORMS = {
    "english": ("take {n} tablets {t} times a day", "{n} tab {t}x daily"),
    "german": ("{t}x täglich {n} Tabletten", "{n} Tbl. {t} mal am Tag"),
    "dutch": ("{t}x daags {n} tabletten", "{n} tablet {t} keer per dag"),
    "french": ("{n} comprimés {t} fois par jour", "prendre {n} cp {t} fois / jour"),
    "spanish": ("{n} comprimidos {t} veces al día", "tomar {n} comp {t} veces al día"),
}


@given(
    st.sampled_from([form for forms in FORMS.values() for form in forms]),
    st.integers(2, 4),
    st.integers(2, 6),
    st.sampled_from([25.0, 75.0, 300.0]),
)
def test_the_obvious_directions_multiply_in_every_language(form: str, count: int, times: int, strength: float) -> None:
    written = form.format(n=count, t=times)
    assert directions.read(written, strength).mg_per_day == count * times * strength
    unread = directions.read(f"{written} xylophon", strength)
    assert unread.mg_per_day is None
    assert "xylophon" in unread.why_not


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "1",
                "2",
                "½",
                "1-0-1",
                "x",
                "tgl",
                "mg",
                "tablet",
                "bd",
                "prn",
                "und",
                "or",
                "max",
                "for",
                "days",
                "every",
                "8",
                "h",
                ".",
                ",",
                "(",
                ")",
            ]
        ),
        max_size=8,
    )
)
def test_no_heap_of_words_is_read_with_a_word_left_over(heap: list[str]) -> None:
    written = " ".join(heap)
    reading, what = directions.read(written, 10.0), directions.understood(written)
    assert reading.mg_per_day is None or (not what.left and not what.kind and reading.mg_per_day >= 0)
    assert "prn" not in heap or reading.mg_per_day is None


def test_no_word_of_a_language_stands_in_two_of_its_lists() -> None:
    for name, language in words.languages().items():
        groups = {
            **{f"number {value:g}": (word,) for word, value in language.numbers.items()},
            **{f"slot {slot}": group for slot, group in language.slots.items()},
            **{f"piece {piece}": group for piece, group in language.pieces.items()},
            **{f"sign {sign}": group for sign, group in language.signs.items()},
            **{f"often {times}": group for times, group in language.often.items()},
        }
        where: dict[tuple[tuple[str, str], ...], set[str]] = {}
        for group, listed in groups.items():
            for word in listed:
                where.setdefault(words.parts(word), set()).add(group)
        twice = {
            key: value
            for key, value in where.items()
            if len(value) > 1 and not all(v.startswith("number") for v in value)
        }
        assert not twice, (name, twice)


@pytest.mark.parametrize(
    "behind",
    [
        "Caution: discontinued in May.",
        "Warning: on hold since surgery",
        "Caution: ended",
        "If drowsy, stop",
        "If affected, halve it",
        "Ask your doctor to taper",
        "Tell your doctor that it was withheld",
        "Warning: only at weekends",
        "Vorsicht: abgesetzt",
        "Achtung: halbiert",
        "Let op: gestopt",
        "Attention : arrêté en mai",
        "Atención: suspendido",
        "Precaución: no tomar",
    ],
)
def test_an_order_behind_a_warning_is_no_warning(behind: str) -> None:
    written = f"Take one tablet twice a day. {behind}"
    assert directions.without_cautions(written) == written
    assert directions.understood(directions.without_cautions(written)).why_not


@pytest.mark.parametrize(
    "warning",
    [
        "Do not stop taking this medicine unless your doctor tells you to stop.",
        "Do not stop taking it suddenly unless advised by your doctor.",
        "If affected do not drive or operate machinery.",
        "This medicine may make you sleepy. If this happens, do not drive or use tools or machines.",
        "Keep out of the reach of children.",
        "Nicht absetzen ohne Rücksprache.",
        "Ne pas arrêter brutalement.",
    ],
)
def test_a_warning_that_orders_nothing_is_left_out(warning: str) -> None:
    assert directions.without_cautions(f"Take one tablet twice a day. {warning}") == "Take one tablet twice a day."


@pytest.mark.parametrize(
    "written", ["25 1/2 tablet", "25 ½ tablet", "5 1/2 tablet", "300 and 1/2 tablet", "2.5 1/2 tablet"]
)
def test_a_half_behind_what_may_be_a_strength_is_in_doubt(written: str) -> None:
    assert "two ways" in directions.understood(f"{written} once a day").why_not


@pytest.mark.parametrize(("written", "pieces"), [("1 1/2 tablets", 1.5), ("4 ½ tablets", 4.5), ("2½ tablets", 2.5)])
def test_a_half_behind_a_few_tablets_is_added(written: str, pieces: float) -> None:
    ((amount, times),) = directions.understood(f"{written} once a day").takes
    assert (amount.pieces, times) == (pieces, 1)


@pytest.mark.parametrize(
    "written",
    [
        "1 patch 08:00-20:00",
        "1 capsule from 8am to 8pm",
        "1 capsule 3 times a day at 08:00 and 20:00",
        "1 capsule in the morning and at 8 am",
        "1 capsule in the morning and at 11:30",
        "1 capsule in the afternoon and at 5 pm",
        "1 Kapsel abends und um 21 Uhr",
        "300 mg in the evening 600 mg at 21:00",
        "1 capsule at night and at 20:00",
        "1 capsule at 22:00 as needed",
        "ratio 1:10 dilution 1 capsule daily",
        "08:00 and 20:00",
        "2 spoons every 4 hours",
        "20 gtt 4 times daily",
    ],
)
def test_a_span_a_contradiction_and_what_has_no_measure_give_no_dose(written: str) -> None:
    assert directions.read(written, 300).mg_per_day is None


@pytest.mark.parametrize(
    ("written", "ml_per_day"),
    [
        ("one 5 ml spoonful three times a day", 15),
        ("two 5ml spoonfuls twice daily", 20),
        ("5 ml spoon bd", 10),
        ("1 1/2 5ml spoonfuls twice daily", 15),
        ("1.5 5 ml spoonfuls daily", 7.5),
        ("0.5 5 ml spoonful daily", 2.5),
        ("1/2 5 ml spoonful daily", None),
        ("1,5 5 ml spoonfuls daily", None),
        ("1-2 5 ml spoonfuls daily", None),
        ("one or two 5 ml spoonfuls twice daily", None),
    ],
)
def test_spoons_of_a_stated_measure_are_millilitres(written: str, ml_per_day: float | None) -> None:
    takes = directions.understood(written).takes
    assert (sum((amount.ml or 0) * times for amount, times in takes) or None) == ml_per_day
