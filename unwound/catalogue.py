"""One data file -> one frozen record, or an error with its path; numbers and texts that carry their source."""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, model_validator

from unwound import __version__
from unwound.record import UnwoundError
from unwound.terms import Word

DATA = Path(__file__).parent / "data"
OWN = "UNWOUND_KNOWLEDGE"
"""The environment's name for a user's own folder of knowledge; processes that are started from this one have it too."""
FEW = 12
"""Ids that an error still lists one by one."""


class Checked(Word):
    """How well a number or text was checked against its source, the best first."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    OTHER_USE = "other-use"
    UNCHECKED = "unchecked"


def least_checked(marks: Iterable[Checked], *, of_none: Checked = Checked.UNCHECKED) -> Checked:
    """How well the least checked of several was; `of_none` where there are none."""
    return max(marks, key=_BEST_FIRST.index, default=of_none)


_BEST_FIRST: tuple[Checked, ...] = tuple(Checked)


class KnowledgeError(UnwoundError):
    """A file under `data/`, or of a user's own folder, that cannot be read as what it should be."""


class Frozen(BaseModel):
    """A record read from outside: strict about its fields, never changed after."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    def __hash__(self) -> int:
        """By the fields, and by the entries of those that are tables."""
        values = tuple(self.__dict__[name] for name in type(self).model_fields)
        try:
            return hash(values)
        except TypeError:
            return hash(tuple(map(_key, values)))


def _key(value: object) -> object:
    """Something that can be hashed and is equal where the value is: of a table the order of its entries is nothing."""
    if isinstance(value, Mapping):
        return frozenset((name, _key(part)) for name, part in value.items())
    return tuple(map(_key, value)) if isinstance(value, tuple | list) else value


def _as_tuple(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
"""One text or several."""


class Cited(Frozen):
    """A clinical number with its unit and where it is from; `low` and `high` bound it where the source does.

    `checked` says how well: `primary` (read in the paper, its abstract, label or issuing body's page), `secondary`
    (read in a source that reports it), `other-use` (read at its source, which says it of another use or other people
    than here), `unchecked` (from general knowledge; must be verified before it is relied on).
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
    reviewer_licence: str = ""
    """What shows that the reviewer is a clinician, as «GMC 1234567»."""
    reviewed: date | None = None
    reviewed_digest: str = ""
    """`body_digest` of what was reviewed: the review is of this text and of no later one."""

    @model_validator(mode="after")
    def _reviewed_needs_a_reviewer(self) -> Head:
        if self.status == "draft":
            return self
        if not (self.reviewer.strip() and self.reviewer_licence.strip() and self.reviewed):
            raise ValueError(
                "status «reviewed» needs a reviewer (a real, named clinician), reviewer_licence and the date reviewed"
            )
        if not self.reviewed_digest:
            raise ValueError("status «reviewed» needs reviewed_digest, as `unwound review-packet` prints it")
        return self


def plain(number: float) -> str:
    """A number without needless digits; infinity as «no upper limit»."""
    return "no upper limit" if math.isinf(number) else f"{number:g}"


Kind = TypeVar("Kind", bound=Frozen)


def read_toml(path: Path, record: type[Kind]) -> Kind:
    """Read one file as one record. KnowledgeError names the file, the field and the reason."""
    try:
        return _record(str(path), path.read_bytes(), record)
    except FileNotFoundError:
        raise KnowledgeError(f"{path}: there is no such file") from None


def toml_table(content: bytes) -> dict[str, Any]:
    """The table in a TOML text. ValueError, saying why, for what is no UTF-8, no TOML or nested too deeply."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _record(name: str, content: bytes, record: type[Kind]) -> Kind:
    try:
        return record.model_validate(toml_table(content))
    except ValidationError as errors:
        raise KnowledgeError(f"{name}: {explain(errors)}") from None
    except ValueError as reason:
        raise KnowledgeError(f"{name}: not readable as TOML: {reason}") from None


def explain(errors: ValidationError) -> str:
    """A validation error as one sentence a person can act on, each field by its path."""
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc']) or 'the whole'}: {error['msg']}" for error in errors.errors()
    )


@dataclass(frozen=True, slots=True)
class Own:
    """A user's own folder of knowledge as it was when this process first read anything; none without a `folder`."""

    folder: Path | None = None
    contents: Mapping[Path, bytes] = field(default_factory=dict, repr=False)
    """Every file, by its place within the folder (`conditions/x.toml`)."""

    @property
    def fingerprint(self) -> str:
        """The sha256 of the folder, paths and contents; empty without one."""
        return _digest(self.contents.items()) if self.folder else ""


def use_knowledge(folder: str | Path) -> None:
    """Chooses a user's own folder of knowledge for this process and those it starts.

    A file of the same kind and name stands in place of ours, whole; any other is added. UnwoundError where something
    was read without it (what was read is kept, and would be mixed with it), KnowledgeError for a folder that is none.
    """
    if own.cache_info().currsize:
        if own().folder != Path(folder).absolute():
            now = f"with {own().folder}" if own().folder else "without a folder of your own"
            raise UnwoundError(
                f"knowledge was already read {now}: choose {folder} before anything else is asked of unwound, "
                f"or set {OWN} before Python starts"
            )
        return
    _read_own(Path(folder).absolute())
    os.environ[OWN] = str(Path(folder).absolute())


@cache
def own() -> Own:
    """The user's own folder, from the environment; read once, so that a change on the disk mixes with nothing."""
    named = os.environ.get(OWN, "")
    return _read_own(Path(named).absolute()) if named else Own()


def _read_own(folder: Path) -> Own:
    """A branch for each way a folder can be none of knowledge: what is misplaced would be left out in silence."""
    if not folder.is_dir():
        raise KnowledgeError(f"{folder}: there is no such folder of knowledge")
    contents = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".toml"):
        place = path.relative_to(folder)
        if len(place.parts) != 2 or place.parts[0] not in kinds():
            near = difflib.get_close_matches(place.parts[0], kinds()) or kinds()
            raise KnowledgeError(
                f"{path}: a file of knowledge lies in a folder named for its kind, as in conditions/x.toml; "
                f"{'near it' if len(near) < len(kinds()) else 'there are'}: {', '.join(near)}"
            )
        if place.suffix != ".toml" or not place.stem.isidentifier():
            raise KnowledgeError(f"{path}: a file is named in letters, digits and _, and ends in .toml")
        if place.parts[0] == "rules" and not (DATA / place).exists():
            raise KnowledgeError(f"{path}: a rule can only stand in place of one of ours; there are: {_rules()}")
        try:
            contents[place] = path.read_bytes()
        except OSError as error:
            raise KnowledgeError(f"{path}: cannot be read: {(error.strerror or 'unknown reason').lower()}") from None
    if not contents:
        raise KnowledgeError(f"{folder}: holds no file of knowledge; one is named as in conditions/x.toml")
    return Own(folder, MappingProxyType(contents))


def _rules() -> str:
    return ", ".join(sorted(path.stem for path in (DATA / "rules").glob("*.toml")))


def kinds() -> tuple[str, ...]:
    """Every kind of knowledge (the folders of `data/`), in alphabetical order."""
    return tuple(sorted(folder.name for folder in DATA.iterdir() if folder.is_dir()))


@cache
def ids(kind: str) -> tuple[str, ...]:
    """The ids of one kind (its file names, ours and the user's own), in alphabetical order."""
    added = {place.stem for place in own().contents if place.parts[0] == kind}
    return tuple(sorted({path.stem for path in (DATA / kind).glob("*.toml")} | added))


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
    return _record(name(kind, id), content(kind, id), record)


def is_own(kind: str, id: str) -> bool:
    """Whether a file is the user's own."""
    return Path(kind, f"{id}.toml") in own().contents


def content(kind: str, id: str) -> bytes:
    """The bytes of one file in force. KnowledgeError where there is none."""
    place = Path(kind, f"{id}.toml")
    if place in own().contents:
        return own().contents[place]
    try:
        return (DATA / place).read_bytes()
    except FileNotFoundError:
        raise KnowledgeError(f"{place}: there is no such file") from None


def _place(kind: str, id: str) -> Path:
    folder = own().folder if is_own(kind, id) else DATA
    return (folder or DATA) / kind / f"{id}.toml"


def files() -> Iterator[Path]:
    """Every knowledge file in force, in a fixed order: ours, or the user's in its place."""
    places = {path.relative_to(DATA) for path in DATA.rglob("*.toml")} | own().contents.keys()
    yield from (_place(place.parent.name, place.stem) for place in sorted(places))


def name(kind: str, id: str) -> str:
    """How a knowledge file is called: ours by kind and name, a user's by its whole path."""
    return str(_place(kind, id)) if is_own(kind, id) else f"{kind}/{id}.toml"


OF_THE_REVIEW = ("status", "updated", "due", "reviewer", "reviewer_licence", "reviewed", "reviewed_digest")
"""Fields of a head that say how a file stands and nothing of medicine."""
NOT_REVIEWED = ("evidence",)
"""Kinds that nobody reviews as a whole: a source is read, and `checked` says how."""


def body_digest(content: bytes) -> str:
    """The sha256 of what a file says: the same for another layout or comment, another for another word or number."""
    table = tomllib.loads(content.decode("utf-8"))
    body = {key: value for key, value in table.items() if key not in OF_THE_REVIEW}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


@cache
def digest(kind: str, id: str) -> str:
    """The same of one file in force."""
    return body_digest(content(kind, id))


@cache
def to_review() -> tuple[tuple[str, str], ...]:
    """Every file in force that a clinician has to review, as kind and id."""
    return tuple((kind, id) for kind in kinds() if kind not in NOT_REVIEWED for id in ids(kind))


@cache
def reviewed() -> frozenset[tuple[str, str]]:
    """Those of them that a named clinician has reviewed as they are today."""
    return frozenset(place for place in to_review() if _is_reviewed(content(*place)))


def _is_reviewed(content: bytes) -> bool:
    # Only what says so is read as a whole: hundreds of drafts are not, for one line below every result.
    if not _SAYS_REVIEWED.search(content):
        return False
    table = tomllib.loads(content.decode("utf-8"))
    return table.get("status") == "reviewed" and table.get("reviewed_digest") == body_digest(content)


_SAYS_REVIEWED = re.compile(rb"^[\"']?status[\"']?\s*=\s*[\"']reviewed[\"']", re.MULTILINE)


def review_line() -> str:
    """How much of the knowledge a clinician has reviewed, for a reader."""
    return f"{len(reviewed())} of {len(to_review())} knowledge files reviewed by a clinician."


@cache
def fingerprint() -> str:
    """The sha256 of all of `data/`, without what a user adds: paths and contents.

    Old advice is computed again only under the same one, and the same `own().fingerprint`.
    """
    return _digest((path.relative_to(DATA), path.read_bytes()) for path in sorted(DATA.rglob("*.toml")))


def rests_on() -> dict[str, str | None]:
    """What every result in JSON begins with: the version, the fingerprint of our knowledge and that of the user's."""
    return {"version": __version__, "data_fingerprint": fingerprint(), "own_fingerprint": own().fingerprint or None}


def knowledge_line() -> str:
    """The same as a line for a reader."""
    added = f", own knowledge {own().fingerprint[:16]}" if own().folder else ""
    return f"Unwound {__version__}, knowledge {fingerprint()[:16]}{added}. {review_line()}"


def _digest(contents: Iterable[tuple[Path, bytes]]) -> str:
    digest = hashlib.sha256()
    for place, content in contents:
        digest.update(place.as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()
