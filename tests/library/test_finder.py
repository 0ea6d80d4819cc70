"""The finder: what people type, the files that answer it, and what needs help at once."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA
from typed import phrases, place, scores

from unwound import catalogue, finder
from unwound.candidacy import plain_words
from unwound.cautions import URGENT, cautions
from unwound.finder.entries import entries
from unwound.finder.index import index
from unwound.finder.knowledge import finder as rules
from unwound.finder.ranking import is_about_us, sought
from unwound.finder.red_flags import WHOLE, emergencies
from unwound.finder.words import heard_as, meant, words
from unwound.telephones import Lines

scored = cache(scores)


def flags(text: str) -> list[str]:
    return [flag.id for flag in finder.red_flags(text)]


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("sciatica", "lumbosacral_radiculopathy"),
        ("siatica", "lumbosacral_radiculopathy"),
        ("FIBROMYALGIA!!", "fibromyalgia"),
        ("Guillain-Barré", "guillain_barre_pain"),
        ("my feets burn since I have sugar disease", "painful_diabetic_polyneuropathy"),
        ("over active thyroid", "thyrotoxicosis"),
        ("can’t sleep because of pain", "sleep"),
        ("lyrika", "pregabalin"),
        ("phq9", "phq_9"),
        ("drive home after the infusion", "escort"),
    ],
)
def test_people_are_led_to_the_file_that_answers_them(typed: str, id: str) -> None:
    assert place(typed, [id]) == 1


def test_a_long_story_is_answered_by_the_name_in_it() -> None:
    story = "My sister, who is 43 and works in an office, was told last spring that she may have fibromyalgia or so"
    assert place(story, ["fibromyalgia"]) == 1


@pytest.mark.parametrize(
    "typed", ["", "   ", "?!", "the of and", "weather tomorrow", "123456", "日本語", "\x00", '" OR *']
)
def test_where_nothing_fits_it_says_so(typed: str) -> None:
    assert finder.find(typed).results == ()


def test_a_word_that_was_read_as_another_is_said() -> None:
    assert finder.find("siatica").read_as == {"siatica": ("sciatica",)}
    assert finder.find("sciatica").read_as == {}


def test_the_goals_of_search_are_held_by_the_phrases_that_were_not_tuned_on() -> None:
    """The first result of this half was 94.4, 96.8 and 90 %: see `benchmarks/finder.py`, also for who wrote them."""
    check = scored("check")
    assert check.top_1 >= 0.92
    assert check.top_3 >= 0.98
    assert check.nothing_fits >= 0.90


def test_the_goals_are_nearly_held_by_words_of_one_who_had_not_seen_the_rules() -> None:
    """The first result of this half was 68.4, 74.7 and 90 %, before three question pages were written."""
    later = scored("later_check")
    assert later.top_1 >= 0.90
    assert later.top_3 >= 0.94
    assert later.nothing_fits >= 0.90
    assert later.flagged_harmless <= 0.05


def test_words_of_further_strangers_are_answered_or_said_to_fit_nothing() -> None:
    """The first results were 82.4, 82.0 and 77.3 % (see `benchmarks/finder.py`): the last is a floor, not the goal."""
    tuned, seen, last = scored("fresh_tune"), scored("fresh_check"), scored("fresh_last")
    assert tuned.top_1 >= 0.92
    assert seen.top_1 >= 0.92
    assert last.top_1 >= 0.77
    assert min(half.flagged for half in (tuned, seen, last)) == 1
    assert max(half.flagged_harmless for half in (tuned, seen, last)) <= 0.07


def test_words_of_people_who_ask_elsewhere_are_answered() -> None:
    """At first this half gave 82.9 % first and 86.7 % in three; its misses were counted and never looked at."""
    asked = scored("asked_check")
    assert asked.top_1 >= 0.90
    assert asked.top_3 >= 0.97
    assert asked.nothing_fits >= 0.90
    assert asked.flagged == 1
    assert asked.flagged_harmless <= 0.05


def test_the_half_of_them_that_was_tuned_on_is_answered_too() -> None:
    """Every third of them, for time."""
    asked = phrases("search", "asked_tune")[::3]
    assert sum(place(phrase["say"], phrase["ids"]) == 1 for phrase in asked) >= 0.9 * len(asked)


def test_few_harmless_words_in_spanish_are_called_an_emergency() -> None:
    halves = ("spanish", "spanish_danger", "asked_spanish")
    harmless = [said for half in halves for said in phrases("harmless", half)]
    assert sum(bool(finder.find(said).red_flags) for said in harmless) <= 0.05 * len(harmless)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("Pamelor", "nortriptyline"),
        ("Cymbalta makes me sick", "duloxetine"),
        ("they want to put me on fentanyl", "strong_opioids"),
        ("is Klonopin allowed with ketamine", "takes_benzodiazepine"),
    ],
)
def test_a_medicine_is_found_by_any_name_that_the_catalogue_of_medicines_knows(typed: str, id: str) -> None:
    assert id in [result.id for result in finder.find(typed).results[:3]]


@pytest.mark.parametrize(
    ("typed", "ours"), [("kemo", "chemo"), ("nek", "neck"), ("nerv", "nerve"), ("siatica", "sciatica")]
)
def test_a_word_that_is_spelt_by_ear_is_read(typed: str, ours: str) -> None:
    assert ours in (*heard_as(typed, frozenset({"chemo", "neck", "nerve"})), *meant(typed, {"sciatica"}))


@pytest.mark.parametrize("typed", ["can I stop the gabapentin suddenly or slowly", "Tegretol makes me so unsteady"])
def test_a_name_of_ours_is_enough_however_much_else_is_told(typed: str) -> None:
    assert finder.find(typed).results


@pytest.mark.parametrize("typed", ["second hand bikes", "a night out with my back to the wall", "crown the king"])
def test_a_single_word_of_the_body_is_not(typed: str) -> None:
    assert not is_about_us(sought(typed))


@pytest.mark.parametrize(
    ("typed", "id"), [("I cannot feel my toes", "limb_ischaemia"), ("my foot turns blue in winter", "breathing")]
)
def test_numb_toes_and_a_blue_foot_by_themselves_are_no_emergency_of_that_kind(typed: str, id: str) -> None:
    assert id not in flags(typed)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("my foot is suddenly cold and I cannot feel it", "limb_ischaemia"),
        ("her lips and her foot turned blue", "breathing"),
        ("he went blue after the patch", "breathing"),
        ("they would all be better off if I were dead", "suicidal_thoughts"),
        ("what is the point of living like this", "suicidal_thoughts"),
        ("the tablets are lined up next to me", "suicidal_plan_or_intent"),
        ("I took to many oxycodone", "overdose"),
    ],
)
def test_the_same_words_beside_what_makes_them_urgent_are(typed: str, id: str) -> None:
    assert id in flags(typed)


@pytest.mark.parametrize(
    ("typed", "id"),
    [("amitryptilene 10mg", "amitriptyline"), ("siatica down my left leg", "lumbosacral_radiculopathy")],
)
def test_a_long_word_with_few_slips_is_a_name_still_and_a_dose_says_nothing(typed: str, id: str) -> None:
    assert place(typed, [id]) == 1


def test_what_is_typed_in_spanish_is_answered_too() -> None:
    spanish = scored("spanish")
    assert spanish.top_1 >= 0.85
    assert spanish.top_3 >= 0.95
    assert spanish.nothing_fits == 1
    assert spanish.flagged == 1
    assert spanish.flagged_harmless <= 0.1


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("cost", "cost"),
        ("how long does it last", "how_long"),
        ("How long will it last?", "how_long"),
        ("can I drive", "day_of_infusion"),
        ("is it addictive", "addictive"),
        ("does it work", "is_it_proven"),
        ("¿Cuánto dura?", "how_long"),
    ],
)
def test_a_question_of_everyday_words_leads_to_its_page(typed: str, id: str) -> None:
    assert place(typed, [id]) == 1


WHY_WORSE = (
    "why does it get worse every time", "why is it worse every single time", "each time I knock it, it hurts more",
    "the more often I touch it the worse the pain", "why do repeated pricks hurt more and more",
    "it builds up when something keeps rubbing my skin", "every time worse than before, why", "what is wind-up pain",
)  # fmt: skip
WHY_PAINKILLERS = (
    "why don't painkillers work", "why do pain killers do nothing", "no painkiller works for me",
    "why are normal pain tablets useless for this", "painkiller isnt helping nerve pain",
    "paracetamol and ibuprofen have no effect on my shooting pain", "why doesn't morphine work on nerve pain",
    "analgesics are not working",
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "id"),
    [*((typed, "why_worse_each_time") for typed in WHY_WORSE),
     *((typed, "why_painkillers_fail") for typed in WHY_PAINKILLERS)],
)  # fmt: skip
def test_why_it_gets_worse_and_why_painkillers_fail_lead_to_their_pages(typed: str, id: str) -> None:
    """Fourteen of these were typed before the pages had their phrases for them; of eighteen such, eleven led there."""
    assert finder.find(typed).results[0].id == id


@pytest.mark.parametrize(
    "typed", ["pain is getting worse every day and I am weak in the legs", "headache worse every time I cough"]
)
def test_what_grows_from_day_to_day_is_no_wind_up(typed: str) -> None:
    assert "why_worse_each_time" not in [result.id for result in finder.find(typed).results[:1]]


@pytest.mark.parametrize("typed", ["how long does a passport last", "how long does a flight last", "solar panels cost"])
def test_a_question_about_something_else_does_not(typed: str) -> None:
    assert finder.find(typed).results == ()


def test_what_was_read_from_another_language_is_said() -> None:
    assert finder.find("me arden los pies").read_as == {"arden": ("burn",), "pies": ("feet",)}


def test_every_emergency_that_we_know_a_phrase_for_is_found_and_few_harmless_ones_are() -> None:
    """The first result of the check half was 58 of 60; the phrases that were missed are among the rules since."""
    for half in ("tune", "check", "later_tune", "later_check"):
        assert [phrase["say"] for phrase in phrases("red_flag", half) if not finder.find(phrase["say"]).red_flags] == []
        assert scored(half).flagged_harmless <= 0.05


def test_searches_for_a_page_are_no_emergencies() -> None:
    for half in ("tune", "check"):
        flagged = [phrase["say"] for phrase in phrases("search", half) if flags(phrase["say"])]
        assert len(flagged) <= 0.05 * len(phrases("search", half)), flagged


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("i wanna die", "suicidal_thoughts"),
        ("I DON’T WANT TO BE HERE ANYMORE", "suicidal_thoughts"),
        ("nobody would even miss me", "suicidal_thoughts"),
        ("i want to kil myself", "suicidal_thoughts"),
        ("how many tablets to die", "suicidal_plan_or_intent"),
        ("words come out jumbled since this morning", "stroke"),
        ("heaviness in the chest", "chest_pain"),
        ("numbness in the groin and leaking urine with sciatica", "cauda_equina"),
        ("hav not passed urine since yesterday", "urinary_retention"),
        ("her lips are going blue", "breathing"),
        ("tongue swelled up after ibuprofen", "anaphylaxis"),
        ("family history of heart disease and now I have chest pain at rest", "chest_pain"),
        ("swollen calf, hot and painful, and out of breath", "clot"),
        ("my son swallowed my tramadol", "overdose"),
        ("my 3 year old got into my pregabalin", "overdose"),
        ("my 2 year old took my tramadol", "overdose"),
        ("too much morphine what now", "overdose"),
        ("i took 5 oxycodone instead of 1", "overdose"),
        ("fit after tramadol", "seizure_now"),
        ("stopped baclofen suddenly seizures", "seizure_now"),
        ("rash and blisters carbamazepine", "severe_skin_reaction"),
        ("lost feeling down below", "cauda_equina"),
        ("poo myself back pain", "cauda_equina"),
        ("numb bum cant wee", "cauda_equina"),
        ("i think i have cauda equina", "cauda_equina"),
    ],
)
def test_an_emergency_is_seen_in_other_words_too(typed: str, id: str) -> None:
    assert id in flags(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "my feet are killing me",
        "that would be career suicide",
        "suicide headache",
        "pain on one side since a stroke years ago",
        "what are the signs of a stroke",
        "smoking and nerve pain",
        "checking account closing",
    ],
)
def test_words_of_an_emergency_are_not_yet_one(typed: str) -> None:
    assert flags(typed) == []


def test_years_ago_excuses_a_few_words_and_no_story() -> None:
    """In a story it may be said of anything; «now» overrides it in a few words too."""
    assert flags("fell off a ladder years ago, back hurts") == []
    assert flags("fell off a ladder now, back hurts, also years ago") == ["major_trauma"]
    story = "years ago I had a stent and this is why I am asking, my chest feels tight and I sweat and I am alone"
    assert "chest_pain" in flags(story)


UNLESS = sorted({said for rule in emergencies().values() for part in rule.unless for said in part.split("|")})
CERTAIN = sorted((id, sign) for id, rule in emergencies().items() for sign in rule.certain)
IN_DANGER = (
    "I want to die",
    "I am going to kill myself",
    "I want to end my life",
    "I want to be dead",
    "I feel suicidal",
)


def typed_as(part: str) -> str:
    """What somebody may type of a part: its gap empty, a cut word as it is."""
    return " ".join(word.rstrip("*") for word in part.removeprefix(WHOLE).split() if word not in ("..", "*"))


@given(st.sampled_from(IN_DANGER), st.sampled_from(UNLESS), st.booleans())
def test_no_phrase_that_excuses_a_word_silences_one_who_wants_to_die(danger: str, excuse: str, after: bool) -> None:
    joined = f"{danger} {typed_as(excuse)}" if after else f"{typed_as(excuse)} {danger}"
    assert {"suicidal_thoughts", "suicidal_plan_or_intent"} & set(flags(joined)), joined


@given(st.sampled_from(CERTAIN), st.sampled_from(UNLESS), st.booleans(), st.data())
def test_a_certain_sign_holds_beside_any_phrase_that_excuses(
    certain: tuple[str, tuple[str, ...]], excuse: str, after: bool, data: st.DataObject
) -> None:
    id, sign = certain
    danger = " ".join(typed_as(data.draw(st.sampled_from(part.split("|")))) for part in sign)
    joined = f"{danger} {typed_as(excuse)}" if after else f"{typed_as(excuse)} {danger}"
    assert id in flags(joined), joined


def test_whoever_excuses_a_word_says_what_is_certain() -> None:
    """What is excused in a few words is either the whole question, or there are signs that hold in spite of it."""
    for id, rule in emergencies().items():
        assert rule.certain or all(said.startswith(WHOLE) for part in rule.unless for said in part.split("|")), id


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("crushing chest pain is this a side effect", "chest_pain"),
        ("chest pain after infusion side effect of ketamine", "chest_pain"),
        ("does pain make suicidal i want to die", "suicidal_thoughts"),
        ("does it make suicidal people better I want to kill myself", "suicidal_thoughts"),
        ("how suicidal I feel nobody asked", "suicidal_thoughts"),
        ("I want to die does ketamine make suicidal thoughts", "suicidal_thoughts"),
        ("throat swelling after a tablet, what do I do", "anaphylaxis"),
        ("asthma attack and I can't breathe", "breathing"),
        ("what happens, my son took an overdose", "overdose"),
        ("cancer, back pain worse at night on chemo", "metastatic_cord_compression"),
    ],
)
def test_a_question_beside_an_emergency_does_not_excuse_it(typed: str, id: str) -> None:
    assert id in flags(typed)


@pytest.mark.parametrize("half", ["spanish_danger", "doses"])
def test_every_danger_is_flagged_and_nothing_harmless_is(half: str) -> None:
    """In Spanish at first 29 of 40 dangers were missed; of everyday doses 28 of 30 were called an overdose."""
    assert [phrase["say"] for phrase in phrases("red_flag", half) if not finder.find(phrase["say"]).red_flags] == []
    assert [said for said in phrases("harmless", half) if finder.find(said).red_flags] == []


@pytest.mark.parametrize(
    "typed",
    [
        "my son ate before his insulin",
        "i took gabapentin instead of pregabalin",
        "no seizures since i stopped tramadol",
        "suicide risk questionnaire",
        "my child takes gabapentin",
        "my 70 year old mum swallowed her tablets with water",
        "how to keep fit after ketamine",
        "my bum goes numb on the bike",
        "numb behind the ear, bladder fine",
        "cauda equina operation 5 years ago",
    ],
)
def test_what_only_looks_like_one_is_none(typed: str) -> None:
    assert flags(typed) == []


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("pastillas para morir", "suicidal_plan_or_intent"),
        ("tengo el culo dormido y no puedo orinar", "cauda_equina"),
        ("me hago pis encima y dolor de espalda", "cauda_equina"),
        ("dolor de cabeza, el peor de mi vida", "worst_headache"),
        ("se me duerme media cara", "stroke"),
        ("mi hijo se comió mi gabapentina", "overdose"),
        ("tuve una convulsión", "seizure_now"),
    ],
)
def test_in_spanish_it_is_seen_too(typed: str, id: str) -> None:
    assert id in [flag.id for flag in finder.find(typed).red_flags]


@pytest.mark.parametrize(
    "typed",
    ["pastillas para dormir", "culo dormido de estar sentado", "mi hijo comió antes de su insulina", "demasiada agua"],
)
def test_in_spanish_what_only_looks_like_one_is_none_either(typed: str) -> None:
    assert finder.find(typed).red_flags == ()


@pytest.mark.parametrize("typed", ["took 9 tablets", "took 10 mg tablets", "took 10 days of tablets"])
def test_fewer_than_ten_or_what_counts_no_tablets_is_no_overdose(typed: str) -> None:
    assert flags("took 10 tablets") == ["overdose"]
    assert flags(typed) == []


def test_swallowed_in_spanish_is_no_medicine() -> None:
    assert "tramadol" not in {ours for read in finder.find("me he tragado algo").read_as.values() for ours in read}


def test_what_to_do_is_said_in_the_words_of_the_caution() -> None:
    (flag,) = finder.red_flags("numb between my legs")
    assert flag.id == "cauda_equina"
    assert flag.say[:2] == plain_words("urgent_help")["cauda_equina"]


def test_the_numbers_of_a_country_are_said_and_no_clinic_where_there_is_none() -> None:
    for typed in ("I want to die", "crushing chest pain"):
        (flag,) = finder.red_flags(typed, lines=Lines(emergency="112", crisis="0800 111 0 111"))
        assert "112" in " ".join(flag.say)
    (flag,) = finder.red_flags("I want to die")
    assert flag.say[0].startswith("Nobody reads what you type here")
    assert "we want to talk" not in " ".join(flag.say)
    assert "clinic" not in " ".join(flag.say)


def test_every_urgent_caution_with_words_of_its_own_has_rules_and_sees_its_own_phrases() -> None:
    for id, caution in cautions().items():
        if caution.kind in URGENT and id in {
            *plain_words("urgent_help"),
            "suicidal_thoughts",
            "suicidal_plan_or_intent",
        }:
            assert emergencies()[id].caution == id
            assert [saying for saying in caution.lay_phrases if not flags(saying)] == []


def test_every_rule_can_be_met() -> None:
    """A part that begins or ends with a gap, or has a word that is passed over, would never be met as it is meant."""
    small = {word for saying in rules().small_words for word in words(saying)}
    for id, rule in emergencies().items():
        for part in (*(part for sign in (*rule.signs, *rule.certain) for part in sign), *rule.unless):
            for alternative in part.split("|"):
                held = alternative.removeprefix(WHOLE).split()
                assert held, id
                assert ".." not in (held[0], held[-1]), (id, alternative)
                assert not small & set(held), (id, alternative)


def test_an_emergency_tells_what_to_do_first() -> None:
    for id, rule in emergencies().items():
        if rule.say:
            assert rule.say[0].startswith(("Call", "Go", "If you are in danger")), id


def test_everything_that_can_be_found_has_words_that_people_use() -> None:
    assert [entry.id for entry in entries() if not entry.phrases] == []


def test_every_kind_is_a_kind_of_knowledge() -> None:
    """`question_pages` is named ahead of its files."""
    assert {kind.kind for kind in rules().kinds} <= {*catalogue.kinds(), "question_pages"}


def test_a_file_is_found_by_its_title_and_by_each_of_its_phrases() -> None:
    """By every fourth of them, for time; two files may share a phrase with more that have it."""
    asked = [(index().entries[at].id, saying) for at, saying in index().sayings[::4]]
    lost = [(id, saying) for id, saying in asked if place(saying, [id]) not in (1, 2, 3)]
    assert len(lost) <= 0.02 * len(asked), lost


@given(st.text(max_size=30))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    found = finder.find(typed)
    assert [result.score for result in found.results] == sorted((r.score for r in found.results), reverse=True)
    assert all(0 < result.score <= 1 for result in found.results)


@given(st.sampled_from(sorted(word for word in index().vocabulary if len(word) >= 7 and word.isalpha())), st.data())
def test_a_letter_left_out_of_a_long_word_is_mended_to_the_nearest(word: str, data: st.DataObject) -> None:
    gap = data.draw(st.integers(1, len(word) - 1))
    slip = word[:gap] + word[gap + 1 :]
    near = meant(slip, index().vocabulary)
    least = min(OSA.distance(slip, other) for other in index().vocabulary)
    assert near
    assert min(OSA.distance(slip, other) for other in near) <= least + 1


@pytest.mark.parametrize(
    "typed",
    [
        "brain fog after ketamine",
        "my hands shake after the infusion",
        "hiccups since the infusion",
        "itchy rash after ketamine",
    ],
)
def test_a_complaint_that_came_after_ketamine_is_answered_before_any_condition(typed: str) -> None:
    assert finder.find(typed).results[0].id == "side_effects"


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("liver damage after ketamine", "liver_injury_after_ketamine"),
        ("peeing blood since the ketamine", "bladder_symptoms"),
        ("dissociation scale during ketamine", "cadss"),
        ("pain came back after ketamine infusion", "how_long"),
    ],
)
def test_what_answers_it_better_stands_before_the_page_on_effects(typed: str, id: str) -> None:
    assert finder.find(typed).results[0].id == id


@pytest.mark.parametrize(
    "typed", ["does ketamine help fibro", "brain fog and pain all over", "burning pain after an infusion"]
)
def test_a_complaint_that_did_not_come_of_ketamine_is_looked_for_as_before(typed: str) -> None:
    assert not finder.came_of_the_drug(typed)


@pytest.mark.parametrize("asked", ["postherpetic neuralgia", "postherpatic neuralga", "post-herpetic neuralgia"])
def test_a_name_of_medicine_is_found_written_together_or_apart(asked: str) -> None:
    assert finder.find(asked).results[0].id == "postherpetic_neuralgia"
