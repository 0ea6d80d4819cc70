"""TOML text -> a case: every mistake in the file is named with its field, its value and what is allowed."""

from __future__ import annotations

import difflib
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from pydantic import ValidationError

from unwound import derive, drugs, facts, screens
from unwound.catalogue import Frozen, ids
from unwound.exchange import names
from unwound.exchange.names import quoted
from unwound.patient import Answers, Fact, Medication, Pain, Patient, Screened, Trial
from unwound.record import UnwoundError
from unwound.therapies import written_doses

LIMIT_CHARACTERS = 2_000_000
"""A case is a page or two; anything of this size is something else."""
LIMIT_DEPTH = 40
MOST_NAMED = 25
"""A person mends so many mistakes before reading the file anew."""
KEYS = (
    "title",
    "story",
    "as_of",
    "patient",
    "facts",
    "screened",
    "pains",
    "trials",
    "medications",
    "answers",
    "expect",
)
PATIENT_KEYS = ("id", "name", "birth_date", "sex", "jurisdiction", "allergies")
SCREENED_KEYS = ("answer", "on", "by", "items")
UNKNOWN = "unknown"
"""What stands where TOML has no word for nothing: a purpose, or a day, that is not known."""
FACT_KEYS = tuple(Fact.model_fields)
LONGEST_FORM = 200
"""More items than any form has; protects from `{ "999999999" = 1 }`."""

Table = Mapping[str, object]
Record = TypeVar("Record", bound=Frozen)


class CaseError(UnwoundError):
    """A case file that cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class Case:
    """One patient with the story a clinician would tell and what a review is expected to say."""

    title: str
    story: str
    patient: Patient
    expect: Table = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line that tells no story: whoever the case is of, it names nobody."""
        return f"<Case of {self.patient!r}; a story of {len(self.story.split())} words>"

    def __hash__(self) -> int:
        return hash((self.title, self.patient))


def read_case(text: str | bytes, name: str) -> Case:
    """The case in a TOML text; `name` is the file as errors call it. CaseError lists everything that is wrong."""
    table = _parse(text, name)
    problems: list[str] = []
    _unknown_keys(table, KEYS, "", problems)
    title = _text(table, "title", problems)
    story = _text(table, "story", problems).strip("\n")
    if not title and "title" not in table:
        problems.append('title: a case needs one, e.g. title = "CRPS after a wrist fracture"')
    expect = _table(table, "expect", problems)
    if _deeper_than(expect, LIMIT_DEPTH):
        problems.append(f"expect: nested deeper than {LIMIT_DEPTH} tables")
    patient = _patient(table, problems)
    if problems or patient is None:
        raise CaseError(f"{name}: " + _listed_problems(problems))
    return Case(title, story, patient, expect)


def _listed_problems(problems: list[str]) -> str:
    """Every mistake once; of a text that is no case at all only the first, and how many more there are."""
    each = list(dict.fromkeys(problems))
    more = len(each) - MOST_NAMED
    return "; ".join(each[:MOST_NAMED]) + (f"; and {more} more like these" if more > 0 else "")


def _parse(text: str | bytes, name: str) -> Table:
    if len(text) > LIMIT_CHARACTERS:
        raise CaseError(f"{name}: {len(text)} characters is more than a case has (limit {LIMIT_CHARACTERS})")
    try:
        written = text if isinstance(text, str) else text.decode("utf-8-sig")
        return tomllib.loads(written.removeprefix("\ufeff"))
    except UnicodeDecodeError as reason:
        raise CaseError(f"{name}: not UTF-8 text ({reason.reason} at byte {reason.start}); save it as UTF-8") from None
    except RecursionError:
        raise CaseError(f"{name}: nested too deeply to be a case") from None
    except ValueError as reason:
        hint = "; a FHIR bundle ends in .json" if written.lstrip("\ufeff \r\n\t").startswith("{") else ""
        raise CaseError(f"{name}: not readable as TOML: {reason}{hint}") from None


def _patient(table: Table, problems: list[str]) -> Patient | None:
    person = _table(table, "patient", problems)
    _unknown_keys(person, PATIENT_KEYS, "patient.", problems)
    as_of = _day(table, "as_of", "as_of", problems)
    if as_of is None and "as_of" not in table:
        problems.append("as_of: the day of the review is needed, e.g. as_of = 2026-11-21")
    fields = {
        "as_of": as_of or date.max,
        "birth_date": _day(person, "birth_date", "patient.birth_date", problems),
        "facts": _facts(table, "facts", problems),
        "screened": tuple(_screened(table, problems)),
        "pains": _records(table, "pains", _pain, problems),
        "trials": _records(table, "trials", _trial, problems),
        "medications": _records(table, "medications", _medication, problems),
        "answers": _records(table, "answers", _answers, problems),
        **{key: person[key] for key in ("id", "name", "sex", "jurisdiction", "allergies") if key in person},
    }
    patient = _build(Patient, fields, "patient", problems)
    return _of_its_day(patient, table) if patient is not None else None


def _of_its_day(patient: Patient, table: Table) -> Patient:
    """What is written without a day is of the day of the case, unless its day is written as unknown."""
    pains = tuple(
        pain.with_checked(facts=_dated(patient.with_checked(facts=pain.facts), written))
        for pain, written in zip(patient.pains, _tables(table, "pains"), strict=True)
    )
    screened = tuple(answer if answer.on else answer.with_checked(on=patient.as_of) for answer in patient.screened)
    return patient.with_checked(facts=_dated(patient, table), pains=pains, screened=screened)


def _dated(patient: Patient, table: Table) -> dict[str, Fact]:
    """The facts with their days; those whose day is written as unknown keep none."""
    written = _table(table, "facts", [])
    unknown = {id for id, value in written.items() if isinstance(value, Mapping) and value.get("on") == UNKNOWN}
    return {**derive.stated_today(patient).facts, **{id: patient.facts[id] for id in unknown}}


def _tables(table: Table, key: str) -> list[Table]:
    written = table.get(key, [])
    return written if isinstance(written, list) else []


def _facts(table: Table, path: str, problems: list[str]) -> dict[str, Fact]:
    read_facts = {}
    for id, written in _table(table, "facts", problems).items():
        fact = _fact(id, written, path, problems)
        if fact is not None:
            read_facts[id] = fact
    return read_facts


def _fact(id: str, written: object, path: str, problems: list[str]) -> Fact | None:
    """One fact as it is written, or None with the problem reported.

    A person wrote it: a branch for each thing that can be wrong, named as they wrote it.
    """
    where = f"{path}.{id}"
    question = facts.vocabulary().get(id)
    if question is None:
        problems.append(f"{path}: {facts.problem_with(id, Fact(value=True))}")
        return None
    fields = dict(written) if isinstance(written, Mapping) else {"value": written}
    _unknown_keys(fields, FACT_KEYS, f"{where}.", problems)
    if "value" not in fields:
        problems.append(f"{where}: a table needs «value», e.g. {{ value = ..., on = 2026-11-01 }}")
        return None
    fields["on"] = None if fields.get("on") == UNKNOWN else _day(fields, "on", f"{where}.on", problems)
    value = fields["value"]
    fields["value"] = _listed(value, question.type)
    if not _is_plain(fields["value"], question.type) or (isinstance(value, float) and not math.isfinite(value)):
        problems.append(f"{where}: {_NEEDED[question.type].format(unit=question.unit)}, not {quoted(value)}")
        return None
    fact = _build(
        Fact, {key: written_value for key, written_value in fields.items() if key in FACT_KEYS}, where, problems
    )
    wrong = facts.problem_with(id, fact) if fact is not None else ""
    problems.extend([f"{path}.{wrong}"] if wrong else [])
    return None if wrong else fact


_NEEDED = {
    "yes-no": "true or false is needed",
    "number": "a number in {unit} is needed",
    "choice": "one word in quotes is needed",
    "choices": 'a list of words such as ["one", "two"] is needed',
}


def _listed(value: object, type: str) -> object:
    if type == "choices" and isinstance(value, str):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _is_plain(value: object, type: str) -> bool:
    """Whether the value is of the kind the fact takes; which words and numbers it takes is asked of the vocabulary.

    A number may be a text: with its unit, «58 mmol/mol».
    """
    if type == "choices":
        return isinstance(value, tuple) and all(isinstance(word, str) for word in value)
    kinds = {"yes-no": bool, "number": int | float | str, "choice": str}
    return isinstance(value, kinds[type]) and isinstance(value, bool) == (type == "yes-no")


def _records(
    table: Table, key: str, read: Callable[[Table, str, list[str]], Record | None], problems: list[str]
) -> tuple[Record, ...]:
    written = table.get(key, [])
    if not isinstance(written, list) or not all(isinstance(table, Mapping) for table in written):
        problems.append(f"{key}: a list of tables is needed, each begun with [[{key}]]")
        return ()
    records = (read(table, f"{key}[{number}]", problems) for number, table in enumerate(written, 1))
    return tuple(table for table in records if table is not None)


def _screened(table: Table, problems: list[str]) -> Iterator[Screened]:
    """The groups answered with «none of these»: `heart = "none"`, or a table with the day and who asked."""
    for group, written in _table(table, "screened", problems).items():
        where = f"screened.{group}"
        fields = dict(written) if isinstance(written, Mapping) else {"answer": written}
        _unknown_keys(fields, SCREENED_KEYS, f"{where}.", problems)
        if unknown_group := screens.unknown(group):
            problems.append(f"screened: {unknown_group}")
        elif fields.get("answer") != "none":
            quotation = quoted(fields.get("answer", "nothing"))
            problems.append(
                f'{where}: "none" is the only answer to a group, not {quotation}; leave out what was not asked'
            )
        else:
            day = _day(fields, "on", f"{where}.on", problems)
            read = {"group": group, "on": day, "by": fields.get("by", ""), "items": fields.get("items", ())}
            answer = _build(Screened, read, where, problems)
            if answer is not None:
                others = screens.not_in(group, answer.items)
                problems += [f"{where}.items: «{item}» is not asked in this group" for item in others]
                yield answer


def _pain(table: Table, where: str, problems: list[str]) -> Pain | None:
    _unknown_keys(table, tuple(Pain.model_fields), f"{where}.", problems)
    fields = {key: value for key, value in table.items() if key in Pain.model_fields}
    fields["since"] = _day(table, "since", f"{where}.since", problems)
    fields["facts"] = _facts(table, f"{where}.facts", problems)
    return _build(Pain, fields, where, problems)


def _trial(table: Table, where: str, problems: list[str]) -> Trial | None:
    _unknown_keys(table, tuple(Trial.model_fields), f"{where}.", problems)
    fields = {key: value for key, value in table.items() if key in Trial.model_fields}
    for key in ("start", "end"):
        fields[key] = _day(table, key, f"{where}.{key}", problems)
    if fields.get("purpose") == UNKNOWN:  # TOML has no word for nothing, and leaving it out means pain
        fields["purpose"] = None
    written = fields.get("therapy")
    if isinstance(written, str):
        _keep_if_missing(fields, "top_dose", written_doses.dose_in(written))
        fields["therapy"] = names.therapy(written)
    trial = _build(Trial, fields, where, problems)
    if trial:
        _refuse_impossible(f"{where}.top_dose", trial.therapy, trial.top_dose, problems)
    return trial


def _medication(table: Table, where: str, problems: list[str]) -> Medication | None:
    _unknown_keys(table, tuple(Medication.model_fields), f"{where}.", problems)
    fields = {key: value for key, value in table.items() if key in Medication.model_fields}
    written = fields.get("drug")
    if isinstance(written, str):
        _keep_if_missing(fields, "dose_mg_per_day", written_doses.dose_in(written))
        _keep_if_missing(fields, "dose_ug_per_hour", drugs.ug_per_hour(written))
        fields["drug"] = names.drug(written)
    medication = _build(Medication, fields, where, problems)
    if medication:
        _refuse_impossible(f"{where}.dose_mg_per_day", medication.drug, medication.dose_mg_per_day, problems)
    return medication


def _keep_if_missing(fields: dict[str, object], key: str, dose: float | None) -> None:
    """A dose that stands in the written name counts where none was given beside it."""
    if fields.get(key) is None and dose is not None:
        fields[key] = dose


def _refuse_impossible(where: str, name: str, dose: float | None, problems: list[str]) -> None:
    if impossible := written_doses.impossible_dose(name, dose):
        problems.append(f"{where}: {impossible}")


def _answers(table: Table, where: str, problems: list[str]) -> Answers | None:
    _unknown_keys(table, tuple(Answers.model_fields), f"{where}.", problems)
    fields = {key: value for key, value in table.items() if key in Answers.model_fields}
    fields["on"] = _day(table, "on", f"{where}.on", problems)
    forms = ids("instruments")
    instrument = fields.get("instrument")
    if isinstance(instrument, str) and forms and instrument not in forms:
        problems.append(
            f"{where}.instrument: {quoted(instrument)} is not a form Unwound knows{_near(instrument, forms)}"
        )
    if "items" in fields:
        fields["items"] = _items(fields["items"], str(instrument), f"{where}.items", problems)
    return _build(Answers, fields, where, problems)


def _items(written: object, instrument: str, where: str, problems: list[str]) -> tuple[object, ...]:
    """The items in order; a table { "1" = 2, "3" = 0 } leaves the others empty."""
    if isinstance(written, list):
        return tuple(written)
    if not isinstance(written, Mapping):
        problems.append(f'{where}: a list [1, 2, ...] or, where some are empty, {{ "1" = 2, "3" = 0 }} is needed')
        return ()
    values = {_item_number(key): value for key, value in written.items()}
    wrong = [key for key in written if not 1 <= _item_number(key) <= LONGEST_FORM]
    if wrong or len(values) != len(written):
        problems.append(f"{where}: {quoted(wrong[0] if wrong else list(written))} is not the number of one item")
        return ()
    return tuple(
        values.get(number) for number in range(1, max([names.form_length(instrument), *values], default=0) + 1)
    )


def _item_number(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() and len(key) <= 4 else 0


def _build(record: type[Record], fields: Mapping[str, object], where: str, problems: list[str]) -> Record | None:
    try:
        return record(**fields)
    except facts.FactError as reason:
        errors = reason.__cause__.errors() if isinstance(reason.__cause__, ValidationError) else []
        for error in errors:
            inner = error.get("ctx", {}).get("error")
            if isinstance(inner, facts.FactError):
                problems.extend(_in_the_file(problem) for problem in inner.problems)
                continue
            at = ".".join([where, *(str(part) for part in error["loc"])])
            value_shown = "" if isinstance(error["input"], Mapping) else f"{quoted(error['input'])}: "
            problems.append(f"{at}: {value_shown}{error['msg'].removeprefix('Value error, ')}")
        return None


def _in_the_file(problem: str) -> str:
    """A problem of the whole record with its field as a case names it: a person's own stand under [patient]."""
    return f"patient.{problem}" if problem.startswith(PATIENT_KEYS) else problem


def _text(table: Table, key: str, problems: list[str]) -> str:
    written = table.get(key, "")
    if isinstance(written, str):
        return written
    problems.append(f"{key}: text in quotes is needed, not {quoted(written)}")
    return ""


def _table(table: Table, key: str, problems: list[str]) -> Table:
    written = table.get(key, {})
    if isinstance(written, Mapping):
        return written
    problems.append(f"{key}: a table is needed, begun with [{key}]")
    return {}


def _day(table: Table, key: str, where: str, problems: list[str]) -> date | None:
    written = table.get(key)
    if isinstance(written, str):
        try:
            return date.fromisoformat(written)
        except ValueError:
            pass
    if written is None or (isinstance(written, date) and not isinstance(written, datetime)):
        return written
    problems.append(f"{where}: a day such as 2026-11-21 is needed, not {quoted(written)}")
    return None


def _unknown_keys(table: Table, allowed: tuple[str, ...], where: str, problems: list[str]) -> None:
    for key in table:
        if key not in allowed:
            problems.append(f"{quoted(where + key)} is not a field of a case{_near(key, allowed)}")


def _near(word: str, allowed: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, allowed, n=1)
    return f"; did you mean «{near[0]}»?" if near else f"; allowed: {', '.join(allowed)}"


def _deeper_than(value: object, levels: int) -> bool:
    if not isinstance(value, Mapping | list):
        return False
    inner = value.values() if isinstance(value, Mapping) else value
    return levels == 0 or any(_deeper_than(part, levels - 1) for part in inner)
