"""Repeatable parts of a page: treatments tried, medicines taken, allergies. A row without a name gives no entry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from django import forms

from unwound import drugs, numerals, therapies, unread
from unwound.catalogue import plain
from unwound_clinic.core.speaking import said
from unwound_clinic.intake.own import RIGHT_AS_WRITTEN, Own
from unwound_clinic.intake.parts import (
    DAYS,
    YES_NO,
    AnswerLine,
    Values,
    choice_field,
    duration_in_words,
    free_entry,
    from_days,
    in_days,
    line_field,
    number_field,
)
from unwound_clinic.record import translate as record_translate
from unwound_clinic.record.entries import New

_NO_MATTER = frozenset(("other", drugs.UNSORTED))
MOST = 40
"""Rows of one kind."""
AS_WRITTEN = "dose as written: "
AS_IT_IS = "as-it-is"
EFFECTS = [("none", "No"), ("some", "A little"), ("good", "A lot"), ("unsure", "Not sure")]
STOPPED = [("no-effect", "It did not help"), ("side-effects", "Side effects"), ("other", "Another reason")]


WORD_OF = {True: "yes", False: "no", None: ""}
BOOLEAN_OF = {word: boolean for boolean, word in WORD_OF.items()}


class Rows:
    """Rows of one kind; «none» is an answer of its own."""

    shape = "rows"
    id: ClassVar[str]
    """What a page calls them, and how a button asks for another one."""
    prefix: ClassVar[str] = "row"
    """How the names of their fields begin: no two kinds on a page have the same."""
    kind: ClassVar[str]
    title: ClassVar[str]
    none: ClassVar[str]
    """The words of a patient who has none."""
    more: ClassVar[str]
    of_medicines: ClassVar[bool] = True
    """Whether a name that is not read is asked about: «did you mean»."""

    def __init__(self, numbers: tuple[int, ...], unread_names: Mapping[int, str]) -> None:
        self.numbers, self.unread_names = numbers, unread_names

    @classmethod
    def for_page(cls, own: Own, posted: Mapping[str, Any] | None, *, another: bool) -> Rows:
        """The recorded rows, those posted, and an empty one if there is none or another is wanted."""
        recorded = {number for number, _ in own.numbered(cls.kind)}
        posted_numbers = {
            int(match[1]) for name in posted or () if (match := re.fullmatch(rf"{cls.prefix}(\d{{1,3}})-name", name))
        }
        numbers = recorded | {number for number in posted_numbers if number < MOST}
        if not numbers or (another and len(numbers) < MOST):
            numbers.add(min(set(range(MOST)) - numbers))
        return cls(tuple(sorted(numbers)), cls._unread_names(own, posted))

    @classmethod
    def _unread_names(cls, own: Own, posted: Mapping[str, Any] | None) -> dict[int, str]:
        """Row -> its name, where that is not read, others are near, and the patient has not said that it is right.

        Of what was posted only the names that the page had asked about: an answer to another name does not count.
        """
        if not cls.of_medicines:
            return {}
        names = {number: str(cls.read(value)["name"]) for number, value in own.numbered(cls.kind)}
        if posted is not None:
            asked = re.compile(rf"{cls.prefix}(\d{{1,3}})-asked")
            rows = [int(match[1]) for name in posted if (match := asked.fullmatch(name))]
            written = {n: str(posted.get(f"{cls.prefix}{n}-name", "")) for n in rows}
            names = {n: name for n, name in written.items() if name == posted[f"{cls.prefix}{n}-asked"]}
        return {n: name for n, name in names.items() if name not in own.right_as_written and unread.offered(name)}

    def names_to_ask(self, values: Values) -> list[str]:
        """Names just written that are not read while others are near, and about which the page has not asked yet."""
        names = {n: str(values.get(f"{self.prefix}{n}-name") or "") for n in self.numbers} if self.of_medicines else {}
        asked = self.unread_names
        return [name for n, name in names.items() if name and asked.get(n) != name and unread.offered(name)]

    @property
    def none_name(self) -> str:
        """The field, and the key, of «none»."""
        return f"none-{self.kind}"

    def fields(self) -> dict[str, forms.Field]:
        """The fields of every row, and «none»."""
        fields = {f"{self.prefix}{n}-{name}": field for n in self.numbers for name, field in self.row(n).items()}
        return {**fields, self.none_name: forms.BooleanField(label=self.none, required=False)}

    def row(self, number: int) -> dict[str, forms.Field]:
        """The fields of one row; where its name is not read, «did you mean» as well."""
        name = self.unread_names.get(number)
        if name is None:
            return self.columns()
        choices = [*((near, near) for near in unread.offered(name)), (AS_IT_IS, "No, it is right as I wrote it")]
        columns = self.columns()
        asked = {
            "meant": choice_field(said("We do not know «{name}». Did you mean one of these?", name=name), choices),
            "asked": forms.CharField(required=False, initial=name, widget=forms.HiddenInput),
        }
        return {"name": columns.pop("name"), **asked, **columns}

    def initial(self, own: Own) -> dict[str, Any]:
        """The present values of the rows."""
        rows = own.numbered(self.kind)
        values = {f"{self.prefix}{n}-{name}": v for n, value in rows for name, v in self.read(value).items()}
        return {**values, self.none_name: bool(own.text(self.none_name))}

    def entries(self, values: Values, own: Own, on: date) -> Iterator[New]:
        """One entry a row; a row whose name was removed is retracted."""
        for n in self.numbers:
            row = {name: values.get(f"{self.prefix}{n}-{name}") for name in self.columns()}
            meant = values.get(f"{self.prefix}{n}-meant")
            if meant == AS_IT_IS:
                yield free_entry("story", f"{RIGHT_AS_WRITTEN}{self.id}-{n}", {"name": row["name"]})
            elif meant:
                row["name"] = meant
            if f"{self.prefix}{n}-name" in values:
                yield (
                    self.entry(f"intake-{n}", row)
                    if row["name"]
                    else New(kind=self.kind, key=f"intake-{n}", value=None)
                )
        if self.none_name in values:
            yield free_entry("story", self.none_name, {"text": self.none} if values[self.none_name] else None)

    def answer_lines(self, own: Own) -> Iterator[AnswerLine]:
        """One line a row; without rows, the «none» statement if it was ticked."""
        rows = list(own.numbered(self.kind))
        yield from (AnswerLine(self.title, self.line(self.read(value))) for _, value in rows)
        if not rows:
            yield AnswerLine(self.title, said(own.text(self.none_name)))

    def problems(self, values: Values) -> Iterator[tuple[str, str]]:
        """What cannot be as it was written: the field, and the question to the patient."""
        yield from ()

    def columns(self) -> dict[str, forms.Field]:
        """The fields of a row."""
        raise NotImplementedError

    @classmethod
    def read(cls, value: dict[str, Any]) -> dict[str, Any]:
        """The fields of a row from its stored value."""
        raise NotImplementedError

    def entry(self, key: str, row: dict[str, Any]) -> New:
        """A row as an entry."""
        raise NotImplementedError

    def line(self, row: dict[str, Any]) -> str:
        """A row in a line."""
        return ", ".join(str(value) for value in row.values() if value not in (None, ""))


class Tried(Rows):
    """Treatments tried for this pain."""

    id = "tried"
    kind = "trial"
    title = "Treatment"
    none = "I have not tried anything for it yet"
    more = "Add another treatment"

    def columns(self) -> dict[str, forms.Field]:
        """Name, dose, time, effect, end."""
        units = [("", "choose"), *((unit, unit) for unit in DAYS)]
        return {
            "name": line_field("Medicine or treatment", list="treatments", autocomplete="off"),
            "dose": line_field("Highest dose in one day, if you remember (mg)", 60, inputmode="text"),
            "number": number_field("For how long?", highest=1000),
            "unit": forms.ChoiceField(label="Days, weeks, months or years?", choices=units, required=False),
            "ongoing": choice_field("Are you still taking or using it?", YES_NO),
            "effect": choice_field("Did it help?", EFFECTS),
            "stopped": choice_field("If you stopped, why?", STOPPED),
            "side_effects": line_field("Side effects, if any", 300),
            "in_this_pain": choice_field("Did you already have this pain when you took it?", YES_NO),
            "adherent": choice_field("Did you take it as it was prescribed?", YES_NO),
        }

    @classmethod
    def read(cls, value: dict[str, Any]) -> dict[str, Any]:
        """The trial as the patient entered it."""
        number, unit = from_days(value.get("days"))
        note = value.get("note", "")
        written = note.removeprefix(AS_WRITTEN) if note.startswith(AS_WRITTEN) else ""
        dose = value.get("top_dose")
        return {
            "name": value["therapy"],
            "dose": written if dose is None else plain(dose),
            "number": None if number is None else plain(number),
            "unit": unit,
            "ongoing": WORD_OF[value.get("ongoing")],
            "effect": value.get("effect") or "",
            "stopped": value.get("stopped") or "",
            "side_effects": value.get("side_effects", ""),
            "in_this_pain": WORD_OF[value.get("in_this_pain")],
            "adherent": WORD_OF[value.get("adherent")],
        }

    def entry(self, key: str, row: dict[str, Any]) -> New:
        """The trial; a dose that is not a plain number of mg per day becomes a note in the patient's words."""
        dose = (row["dose"] or "").strip()
        number = _milligrams(row["name"], dose)
        days = in_days(row["number"], row["unit"]) if row["unit"] else None
        value = {
            "therapy": row["name"],
            "top_dose": number,
            "days": days,
            "ongoing": BOOLEAN_OF.get(row["ongoing"] or ""),
            "effect": row["effect"] if row["effect"] in ("none", "some", "good") else None,
            "stopped": row["stopped"] or None,
            "side_effects": row["side_effects"] or "",
            "in_this_pain": BOOLEAN_OF.get(row["in_this_pain"] or ""),
            "adherent": BOOLEAN_OF.get(row["adherent"] or ""),
            "note": f"{AS_WRITTEN}{dose}" if dose and number is None else "",
        }
        return record_translate.new_trial(key, value)

    def line(self, row: dict[str, Any]) -> str:
        """«gabapentin, highest dose: 900, for: 3 months, did it help: A little»."""
        time = duration_in_words(in_days(float(row["number"]), row["unit"])) if row["number"] else ""
        words = {
            "highest dose": row["dose"],
            "for": time,
            "still taking it": said(row["ongoing"]),
            "did it help": said(dict(EFFECTS).get(row["effect"], "")),
            "stopped because": said(dict(STOPPED).get(row["stopped"], "")),
            "side effects": row["side_effects"],
            "while this pain was there": said(row["in_this_pain"]),
            "as prescribed": said(row["adherent"]),
        }
        return ", ".join([row["name"], *(f"{said(label)}: {value}" for label, value in words.items() if value)])


def _milligrams(name: str, dose: str) -> float | None:
    """The dose where it is a plain, possible number and doses of this treatment are in mg a day."""
    written = re.fullmatch(r"(\d[\d.,' ]*)\s*(?:mg)?", dose, re.IGNORECASE)
    therapy = therapies.therapy_of(name)
    unit = therapies.therapies()[therapy].unit if therapy else "mg/day"
    read = numerals.meanings(written[1]) if written and unit == "mg/day" else ()
    number = read[0] if len(read) == 1 else None
    return None if therapies.impossible_dose(name, number) else number


class Medicines(Rows):
    """Medicines taken now."""

    id = "medicines"
    kind = "medication"
    title = "Medicine"
    none = "I take nothing"
    more = "Add another medicine"

    def columns(self) -> dict[str, forms.Field]:
        """Name and dose."""
        return {
            "name": line_field("Name", list="treatments", autocomplete="off"),
            "dose": number_field("How many mg in one day, if you know", highest=100_000, unit="mg"),
        }

    def problems(self, values: Values) -> Iterator[tuple[str, str]]:
        """A dose in one day that nobody can take: a slipped point, or another unit."""
        for n in self.numbers:
            impossible = therapies.impossible_dose(values.get(f"row{n}-name") or "", values.get(f"row{n}-dose"))
            if impossible:
                yield (
                    f"row{n}-dose",
                    said("Please check the dose: {why}. If you are not sure, leave it empty.", why=impossible),
                )

    @classmethod
    def read(cls, value: dict[str, Any]) -> dict[str, Any]:
        """Name and dose."""
        dose = value.get("dose_mg_per_day")
        return {"name": value["drug"], "dose": None if dose is None else plain(dose)}

    def entry(self, key: str, row: dict[str, Any]) -> New:
        """The medicine as it was written; the library recognises it by name."""
        return record_translate.new_medication(key, {"drug": row["name"], "dose_mg_per_day": row["dose"]})

    def line(self, row: dict[str, Any]) -> str:
        """«gabapentin, 900 mg a day»."""
        if not row["dose"]:
            return str(row["name"])
        return said("{name}, {dose} mg a day", name=row["name"], dose=row["dose"])


class Allergies(Rows):
    """What the patient is allergic to."""

    id = "allergies"
    prefix = "allergy"
    kind = "allergy"
    title = "Allergy"
    none = "I have no allergies that I know of"
    more = "Add another allergy"
    of_medicines = False

    def columns(self) -> dict[str, forms.Field]:
        """The substance and the reaction."""
        return {"name": line_field("Allergic to"), "reaction": line_field("What happened?", 300)}

    @classmethod
    def read(cls, value: dict[str, Any]) -> dict[str, Any]:
        """The substance and the reaction."""
        return {"name": value["substance"], "reaction": value.get("reaction", "")}

    def entry(self, key: str, row: dict[str, Any]) -> New:
        """The allergy."""
        reaction = {"reaction": row["reaction"]} if row["reaction"] else {}
        return New(kind="allergy", key=key, value={"substance": row["name"], **reaction})


KINDS: Mapping[str, type[Rows]] = {kind.id: kind for kind in (Tried, Medicines, Allergies)}


def names() -> list[str]:
    """Suggestions while typing: the treatments, and the drugs of a class that matters."""
    titles = {therapy.title for therapy in therapies.therapies().values()}
    of_a_class = (drug for drug in drugs.drugs().values() if not _NO_MATTER.issuperset(drug.classes))
    return sorted(titles | {drug.names[0] for drug in of_a_class}, key=str.casefold)
