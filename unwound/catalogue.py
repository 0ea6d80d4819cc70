"""One data file -> one frozen record, or an error with its path; numbers and texts that carry their source."""

from __future__ import annotations

import difflib
import hashlib
import math
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from unwound.record import UnwoundError
from unwound.terms import Word

DATA = Path(__file__).parent / "data"
FEW = 12
"""Ids that an error still lists one by one."""


class Checked(Word):
    """How well a number or text was checked against its source, the best first."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    UNCHECKED = "unchecked"


class KnowledgeError(UnwoundError):
    """A file under `data/` that cannot be read as what it should be."""


class Frozen(BaseModel):
    """A record read from outside: strict about its fields, never changed after."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One text or several."""


class Cited(Frozen):
    """A clinical number with its unit and where it is from; `low` and `high` bound it where the source does.

    `checked` says how well: `primary` (read in the paper, its abstract, label or issuing body's page), `secondary`
    (read in a source that reports it), `unchecked` (from general knowledge; must be verified before it is relied on).
    """

    value: float
    unit: str
    source: str
    where: str = ""
    checked: Checked
    low: float | None = None
    high: float | None = None
    note: str = ""

    @model_validator(mode="after")
    def _bounds_hold_the_value(self) -> Cited:
        low, high = self.low, self.high
        if (low is not None and self.value < low) or (high is not None and self.value > high):
            raise ValueError(f"value {self.value:g} lies outside its own bounds {low} to {high}")
        return self

    def __str__(self) -> str:
        """The number as a reader wants it: «3.6 (3 to 4.4)», with its unit."""
        bounds = "" if self.low is None or self.high is None else f" ({plain(self.low)} to {plain(self.high)})"
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        return f"{plain(self.value)}{bounds}{unit}"

    @property
    def spoken(self) -> str:
        """The number within a sentence, without its unit: «20», or «90 to 92» where it is the lower end."""
        if self.value == self.low and self.high is not None and self.low < self.high:
            return f"{plain(self.low)} to {plain(self.high)}"
        return str(self.model_copy(update={"unit": ""}))


class CitedText(Frozen):
    """A clinical statement in our own words with where it is from."""

    text: str
    source: str
    where: str = ""
    checked: Checked

    def filled(self, **numbers: str) -> CitedText:
        """The sentence with each number in its place, from a capital on. ValueError for a place without its number."""
        try:
            text = self.text.format_map(numbers)
        except (KeyError, ValueError, IndexError) as place:
            there = ", ".join(numbers) or "none"
            raise ValueError(f"«{self.text}»: no number for {place}; there are: {there}") from None
        return self.model_copy(update={"text": text[:1].upper() + text[1:]})


class Head(Frozen):
    """What every knowledge file begins with."""

    title: str
    status: Literal["draft", "reviewed"]
    updated: date
    due: date
    reviewer: str = ""
    reviewed: date | None = None

    @model_validator(mode="after")
    def _reviewed_needs_a_reviewer(self) -> Head:
        if self.status == "reviewed" and not (self.reviewer and self.reviewed):
            raise ValueError("status «reviewed» needs a reviewer (a real, named clinician) and the date reviewed")
        return self


def plain(number: float) -> str:
    """A number without needless digits; infinity as «no upper limit»."""
    return "no upper limit" if math.isinf(number) else f"{number:g}"


Kind = TypeVar("Kind", bound=Frozen)


def read_toml(path: Path, record: type[Kind], *, where: Path | None = None) -> Kind:
    """Read one file as one record. KnowledgeError names the file, the field and the reason."""
    name = path.relative_to(where) if where else path
    try:
        with path.open("rb") as handle:
            return record.model_validate(tomllib.load(handle))
    except FileNotFoundError:
        raise KnowledgeError(f"{name}: there is no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as reason:
        raise KnowledgeError(f"{name}: not readable as TOML: {reason}") from None
    except ValidationError as errors:
        raise KnowledgeError(f"{name}: {explain(errors)}") from None


def explain(errors: ValidationError) -> str:
    """A validation error as one sentence a person can act on, each field by its path."""
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'the whole'}: {error['msg']}" for error in errors.errors()
    )


@cache
def ids(kind: str) -> tuple[str, ...]:
    """The ids of one kind (its file names), in alphabetical order."""
    return tuple(sorted(path.stem for path in (DATA / kind).glob("*.toml")))


@cache
def load(kind: str, record: type[Kind]) -> Mapping[str, Kind]:
    """Every file of one kind, by id, in alphabetical order; read once."""
    return MappingProxyType({id: _one(kind, record, id) for id in ids(kind)})


def find(kind: str, record: type[Kind], id: str, what: str) -> Kind:
    """One file of a kind, read once. UnwoundError, naming those there are or near it, when there is no such `what`."""
    known_ids = ids(kind)
    if id in known_ids:
        entry: Kind = _one(kind, record, id)
        return entry
    near = known_ids if len(known_ids) <= FEW else difflib.get_close_matches(id, known_ids)
    named = f"; {'there are' if near is known_ids else 'near it'}: {', '.join(near)}" if near else ""
    raise UnwoundError(f"there is no {what} «{id}»{named}")


def load_rule(id: str, record: type[Kind]) -> Kind:
    """One file of `data/rules/`, where every file is of a kind of its own; read once."""
    entry: Kind = _one("rules", record, id)
    return entry


@cache
def _one(kind: str, record: type[Kind], id: str) -> Kind:
    return read_toml(DATA / kind / f"{id}.toml", record, where=DATA.parent)


def files() -> Iterator[Path]:
    """Every knowledge file, in a fixed order."""
    yield from sorted(DATA.rglob("*.toml"))


@cache
def fingerprint() -> str:
    """The sha256 of all of `data/`: paths and contents. Old advice is computed again only under the same one."""
    digest = hashlib.sha256()
    for path in files():
        digest.update(path.relative_to(DATA).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
