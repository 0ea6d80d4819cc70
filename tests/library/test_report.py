"""The page for the chart: self-contained, every number of a source leads somewhere, nothing a patient wrote runs."""

from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from whole_patients import STORIES

from unwound import evidence, pathway
from unwound.catalogue import Checked
from unwound.exchange import case_file
from unwound.report import marks, terminal, words
from unwound.report.page import page
from unwound.report.summary import summary

SOME = ["crps_three_classes_failed", "sciatica_saddle_numbness", "almost_nothing_known", "fibromyalgia_sent_elsewhere"]


def html(id: str, **changed: str) -> str:
    case = case_file.read_case(STORIES[id].read_bytes(), id)
    return page(pathway.review(case.patient.model_copy(update=changed)), story=case.story)


class Page(HTMLParser):
    """Tags opened and closed, ids, links, and the text that is seen."""

    VOID = ("meta", "br", "link", "img", "input", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        known = dict(attrs)
        self.ids += [value for value in [known.get("id")] if value]
        self.links += [value for name in ("href", "src") if (value := known.get(name))]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize("id", SOME)
def test_the_page_is_whole_and_needs_nothing_from_elsewhere(id: str) -> None:
    read = Page(html(id))
    assert read.open == []
    assert "script" not in read.tags
    assert all(link.startswith("#") for link in read.links)
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links} <= set(read.ids)


@pytest.mark.parametrize("id", SOME)
def test_headings_go_down_one_step_at_a_time(id: str) -> None:
    levels = [int(tag[1]) for tag in Page(html(id)).tags if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_what_is_urgent_is_read_before_the_decision() -> None:
    text = Page(html("sciatica_saddle_numbness")).text
    assert text.index("Urgent: act today") < text.index("The questions behind the decision")


def test_the_strength_of_evidence_stands_beside_the_answer_and_disagreement_is_shown() -> None:
    text = Page(html("crps_three_classes_failed")).text
    assert "moderate evidence (grade B, certainty low to moderate)" in text
    assert "no clear benefit" in text
    assert "second hand" in text
    assert "off-label" in text


def test_what_somebody_wrote_is_text_and_never_markup() -> None:
    made = html("crps_three_classes_failed", name="<script>alert(1)</script>&")
    assert "<script" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in made


def test_the_terminal_says_the_verdict_the_questions_and_the_plain_words() -> None:
    case = case_file.read_case(STORIES["almost_nothing_known"].read_bytes(), "x")
    console = Console(record=True, width=100, file=open("/dev/null", "w"))  # noqa: SIM115
    review = pathway.review(case.patient)
    terminal.show(review, console, story=case.story, notes=("entry 3, Observation/9: no value",), full=True)
    said = " ".join(console.export_text().split())
    assert "CANNOT TELL YET" in said
    assert review.asks[0].question in said
    assert "entry 3, Observation/9: no value" in said
    assert review.candidacy.plain_words[0][:40] in said


def test_marks_follow_the_least_checked_number() -> None:
    steps = pathway.review(case_file.read_case(STORIES[SOME[0]].read_bytes(), "x").patient).next_steps
    assert {marks.of_step(step) for step in steps} <= set(Checked)
    assert marks.worst(()) == "primary"
    one = next(iter(evidence.studies().values()))
    assert marks.worst(one.effects) in Checked


def test_references_are_numbered_once_in_the_order_they_are_named() -> None:
    references = marks.References()
    first, second = list(evidence.studies())[:2]
    assert references.numbers([second, first, second]) == [1, 2]
    assert references.numbers([first]) == [2]
    assert [id for id, _, _ in references.listed()] == [second, first]


def test_every_verdict_and_word_of_the_records_has_words_for_the_reader() -> None:
    from unwound import candidacy, cautions
    from unwound.conditions.knowledge import Direction
    from unwound.terms import TrialVerdict
    from unwound.therapies.knowledge import Line

    assert set(words.VERDICTS) == set(candidacy.Verdict)
    assert set(words.TRIALS) == set(TrialVerdict)
    assert set(words.LINES) == set(Line)
    assert set(words.DIRECTIONS) == set(Direction)
    assert set(words.KINDS) == set(cautions.CautionKind)
    assert set(words.STRENGTHS) == set(candidacy.STRENGTHS)


@pytest.mark.parametrize("id", ["crps_three_classes_failed", "almost_nothing_known", "fibromyalgia_sent_elsewhere"])
def test_the_page_begins_with_the_screen_and_the_rest_can_be_left_out_of_print(id: str) -> None:
    made = html(id)
    first, _, rest = made.partition('<div class="rest">')
    review = pathway.review(case_file.read_case(STORIES[id].read_bytes(), id).patient)
    content = summary(review)
    text = Page(first + "</main></body></html>").text
    assert f"{content.reason}." in text
    for part in (
        *review.candidacy.not_asked,
        *(step.title for step in content.steps),
        *content.questions,
        content.condition,
    ):
        assert part in text
    for label in ("Pain", "Kidneys", "Blood pressure", "Weight", "Medicines", "Allergies"):
        assert f"<dt>{label}</dt>" in first
    assert "The questions behind the decision" in rest
    assert "body:not(:has(#whole:checked)) .rest { display: none; }" in made


def test_no_line_of_the_template_runs_out_of_sight() -> None:
    folder = Path(terminal.__file__).parent / "templates"
    assert all(len(line) <= 140 for file in folder.glob("*.j2") for line in file.read_text("utf-8").splitlines())
