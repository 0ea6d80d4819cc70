"""Which medicine a written name or a code means, the classes it belongs to, and the strength a product name states.

`data/drugs/` holds names, brands and spellings in groups. Only whole words count: «progabalinum» is no pregabalin.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from unwound import routes
from unwound.catalogue import Checked, Frozen, Head, KnowledgeError, Texts, load, load_rule
from unwound.record import unique

SHORTEST = 5
"""Letters below which a name is too short to be near another one by more than chance."""
NEAR = 0.75
"""Least similarity: one slip in four letters or more, a slip being a letter more, less, other, or two exchanged."""


class Drug(Frozen):
    """One active substance (or one form of it that is used by itself), with the names it goes by."""

    names: Texts
    classes: Texts
    rxnorm: Texts = ()
    """RxNorm codes of the ingredient."""
    with_word: Texts = ()
    """Words of which one must also stand in the text: a «patch» makes lidocaine the plaster."""
    priority: int | None = None
    """Overrides the group's."""


class Example(Frozen):
    """A written name or codes, and the drug id expected (empty for none)."""

    name: str
    text: str = ""
    rxnorm: Texts = ()
    expect: str


class CodeList(Frozen):
    """Products with their codes in one system: name -> its codes, with blanks between them."""

    system: str
    where: str
    checked: Checked
    products: Mapping[str, str]


class MedicineCodes(Head):
    """`data/rules/medicine_codes.toml`."""

    lists: tuple[CodeList, ...]


class Group(Head):
    """One file of `data/drugs/`: drugs of a kind by id."""

    checked: Checked
    """How well names, classes and codes were checked."""
    priority: int = 2
    """Which substance of a combination product names it: the highest."""
    drugs: Mapping[str, Drug] = {}
    products: Mapping[str, Texts] = {}
    """Name of a product of several substances -> their ids."""
    substances: Mapping[str, str] = {}
    """Classes in one text -> their substances, «name = other spelling, next name»; the first name makes the id."""
    brands: Mapping[str, str] = {}
    """Ids, «codeine + paracetamol» for a combination -> further names, with commas between them."""
    ambiguous: Mapping[str, str] = {}
    """A name sold with different substances in different countries -> the ids it can mean; it is read as none."""
    examples: tuple[Example, ...] = ()


class _Name(NamedTuple):
    """The words of a name, those of which one must also stand in the text, and the drugs that it means."""

    words: tuple[str, ...]
    with_word: frozenset[str]
    drugs: tuple[str, ...]


LONG_ENOUGH = 7
"""Letters from which the ending of a name is read in other languages: shorter names come too near each other."""
UNREAD = ("medicine.", "treatment.")
"""How the id of a question on a name that is not read begins: of a medicine taken, of a treatment tried."""
UNSORTED = "unsorted"
"""Class of a substance that is known by name but not sorted by a person: it may belong to any class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    drugs: Mapping[str, Drug]
    priority: Mapping[str, int]
    by_code: Mapping[str, str]
    by_first_word: Mapping[str, tuple[_Name, ...]]
    names: Mapping[str, tuple[str, ...]]
    """Every name, words with spaces between -> the ids it can mean."""


_WORD = re.compile(r"\d+(?:\.\d+)?|[a-z]+")
_STRENGTH = re.compile(
    r"(?<![\d.,])(\d{1,3}(?:,\d{3})+|\d+(?:[.,]\d+)?)\s*(mg|mcg|ug|µg|μg|micrograms?|milligrams?|grams?|g)\b"
    r"(?!\s*(?:/|per\b|pro\b|par\b|in)\s*(?:\d+(?:[.,]\d+)?\s*)?(?:ml|l|hr|h|hour|std|stunde|uur|heure|hora|day|d|mg|g|kg)\b)",
    re.IGNORECASE,
)
_MG = {"mcg": 0.001, "ug": 0.001, "µg": 0.001, "μg": 0.001, "microgram": 0.001, "g": 1000.0, "gram": 1000.0}


def drugs() -> Mapping[str, Drug]:
    """Every drug by its id."""
    return _index().drugs


def classes(drug: str) -> frozenset[str]:
    """The classes a drug belongs to; empty for one that is not in the catalogue."""
    return _classes().get(drug, frozenset())


def names() -> Mapping[str, tuple[str, ...]]:
    """Every name in lower case -> the drugs it means; of a name that differs by country, all that it can mean."""
    return _index().names


def words(text: str) -> tuple[str, ...]:
    """The words and numbers of a text in lower case, without accents."""
    return _words(text)


def recognise(*, text: str = "", rxnorm: Iterable[str] = ()) -> str | None:
    """The drug a product name or its codes mean, of a combination the one that matters most; None for no match."""
    recognised = ingredients(text=text, rxnorm=rxnorm)
    if not recognised:
        return None
    return foremost(recognised)


def ingredients(*, text: str = "", rxnorm: Iterable[str] = ()) -> tuple[str, ...]:
    """Every known drug in a product name and its codes, in the order of the text, each once."""
    if text in _index().drugs:
        return (text,)
    by_code = _index().by_code
    coded = (by_code[code] for code in rxnorm if code in by_code)
    written = _in_words(_words(text)) if text else ()
    return unique((*written, *(drug for drug in coded if not _is_a_form_of(drug, written))))


def foremost(ingredients: Iterable[str]) -> str:
    """The one of several known drugs that matters most: of equals the first."""
    priority = _index().priority
    return max(ingredients, key=lambda drug: priority[drug])


def coded(system: str, code: str) -> str:
    """The name of a product by its code in a system («rxnorm», «snomed», «atc»); empty for one that is not listed."""
    return _coded().get((system, code.strip().upper()), "")


@cache
def _coded() -> Mapping[tuple[str, str], str]:
    """Read only when a code is asked for: most records give names."""
    lists = load_rule("medicine_codes", MedicineCodes).lists
    return {
        (each.system, code): name for each in lists for name, codes in each.products.items() for code in codes.split()
    }


def strength_mg(text: str) -> float | None:
    """The strength in mg a product name states for its main substance; None for none, a concentration, a rate.

    None also for a share («10 % cream, 1 g»: the gram is cream), for «1.200 mg», a thousand in one country and a
    fraction in another, and for a pair («10mg/5mg») that does not say which strength is whose.
    """
    if routes.is_percent(text) or is_doubtful(text):
        return None
    if _THREE.search(text):
        return None
    if pair := _PAIR.search(text):
        return _of_pair(text, pair)
    if len(parts := re.split(r"\s/\s|\+", text)) > 1 and (drug := recognise(text=text)):
        text = next((part for part in parts if drug in ingredients(text=part)), text)
    return _stated({_in_mg(number, unit) for number, unit in _STRENGTH.findall(text)})


def is_pair(text: str) -> bool:
    """Whether a name gives the strengths of several substances side by side: «Targin 10mg/5mg», «50-325-40 mg»."""
    return _PAIR.search(text) is not None or _THREE.search(text) is not None


_PAIR = re.compile(
    r"(?<![\d.,/])(\d+(?:[.,]\d+)?)\s*(mg|mcg|ug|µg|μg)?\s*[/+–-]\s*(\d+(?:[.,]\d+)?)\s*(mg|mcg|ug|µg|μg)\b"
    r"(?!\s*/)",
    re.IGNORECASE,
)
_THREE = re.compile(
    r"(?:\d+(?:[.,]\d+)?\s*(?:mg|mcg|ug|µg|μg)?\s*[/+–-]\s*){2}\d+(?:[.,]\d+)?\s*(?:mg|mcg|ug|µg|μg)\b", re.IGNORECASE
)
_ASIDE = re.compile(r"[(\[][^)\]]*[)\]]")
_BETWEEN = re.compile(r"/|\+|&|,|-|\b(?:and|und|et|en|y)\b", re.IGNORECASE)


def _of_pair(text: str, pair: re.Match[str]) -> float | None:
    """The strength of the main substance, where the name lists both substances in the order of the strengths."""
    drug = recognise(text=text)
    first, unit, second, unit_of_both = pair.groups()
    for names in (_ASIDE.sub(" ", text), text):  # «hydrocodone-acetaminophen (NORCO) 5-325 mg»: the brand is both
        listed = [ids for part in _BETWEEN.split(_PAIR.sub(" ", names)) if (ids := ingredients(text=part))]
        if len(listed) == 2 and (drug,) in listed and all(len(ids) == 1 for ids in listed):
            is_first = listed[0] == (drug,)
            return _stated({_in_mg(first if is_first else second, (is_first and unit) or unit_of_both)})
    return None


def is_doubtful(text: str) -> bool:
    """Whether a strength can be read in two ways: «1.200 mg»."""
    return _DOUBTFUL.search(text) is not None


_DOUBTFUL = re.compile(r"(?<![\d.,])[1-9]\d{0,2}\.\d{3}\s*(?:mg|mcg|ug|µg|μg|g)\b", re.IGNORECASE)


def daily_mg(text: str) -> float | None:
    """The daily dose in mg that a written name states, with how often it is taken: «duloxetine 60mg od»; else None."""
    way = routes.of_product(text)
    if way is not None and not routes.has_milligrams(recognise(text=text) or "", way):
        return None
    plain = _A_DAY.sub(r"\1 a day", text.lower())
    strength = strength_mg(plain)
    rest, often = _STRENGTH.sub(" ", plain), []
    for pattern, times in _TIMES_A_DAY:
        rest, hits = pattern.subn(" ", rest)
        often += [times] * hits
    if strength is None or len(often) != 1 or _MORE_THAN_A_DOSE.search(rest):
        return None
    return strength * often[0]


def ug_per_hour(text: str) -> float | None:
    """The rate in micrograms an hour that the name of a patch states: «Fentanyl 0.075 MG/HR», «25 µg/h»; else None."""
    return _stated({_in_mg(number, unit) * 1000 for number, unit in _RATE.findall(text)})


_RATE = re.compile(
    r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s*(mg|mcg|ug|µg|μg|micrograms?)\s*(?:/|per|an)\s*(?:hr|hour|h)\b", re.IGNORECASE
)
_A_DAY = re.compile(r"(mg|mcg|µg|g) ?/ ?(?:day|d|24 ?h)\b")
_DAILY = r"(?: ?(?:a day|daily|/ ?d(?:ay)?))"
_TIMES_A_DAY = tuple(
    (re.compile(rf"(?<![\w.])(?:{words})(?!\w)"), times)
    for words, times in (
        (rf"qds|qid|q\.[di]\.[ds]\.?|four times{_DAILY}|4 ?(?:x|×|times){_DAILY}?", 4.0),
        (rf"tds|tid|t\.[di]\.[ds]\.?|three times{_DAILY}|3 ?(?:x|×|times){_DAILY}?", 3.0),
        (rf"bd|bid|b\.d\.?|b\.i\.d\.?|twice{_DAILY}|2 ?(?:x|×|times){_DAILY}?", 2.0),
        (r"od|qd|o\.d\.?|q\.d\.?|(?:once )?(?:a day|daily)|per day|nocte|at night|at bedtime|qhs|mane", 1.0),
    )
)
"""How often a name says that it is taken, the longer words first."""
_MORE_THAN_A_DOSE = re.compile(r"\d|\b(?:prn|as needed|as required|tab\w*|cap\w*|half|two|up to)\b")


def _stated(amounts: Collection[float]) -> float | None:
    """The only amount of a text: «0 mg» states none, and neither do more digits than a number has."""
    return next((amount for amount in amounts if 0 < amount < math.inf), None) if len(amounts) == 1 else None


def _in_mg(number: str, unit: str) -> float:
    thousands = re.fullmatch(r"\d{1,3}(,\d{3})+", number)
    value = float(number.replace(",", "") if thousands else number.replace(",", "."))
    unit = unit.lower()
    return value * _MG.get(unit if unit in _MG else unit.rstrip("s"), 1.0)


def _words(text: str) -> tuple[str, ...]:
    plain = text.lower()
    if not text.isascii():
        letters = unicodedata.normalize("NFKD", plain).replace("’", "'")
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return tuple(_WORD.findall(plain.replace("'", "")))


def _in_words(words: tuple[str, ...]) -> tuple[str, ...]:
    """The drugs named, longest name first; a form that needs another word is taken only where that word stands."""
    by_first_word, present = _index().by_first_word, frozenset(words)
    named: list[str] = []
    at = 0
    while at < len(words):
        for name, with_word, its_drugs in by_first_word.get(words[at], ()):
            if words[at : at + len(name)] == name and (not with_word or not with_word.isdisjoint(present)):
                named.extend(its_drugs)
                at += len(name) - 1
                break
        at += 1
    return tuple(named)


def _is_a_form_of(drug: str, written: tuple[str, ...]) -> bool:
    """Whether the text already names a form of the coded substance: the plaster, where the code says lidocaine."""
    names = set(_index().drugs[drug].names)
    return any(not names.isdisjoint(_index().drugs[id].names) for id in written if id != drug)


@cache
def _classes() -> Mapping[str, frozenset[str]]:
    return {id: frozenset(drug.classes) for id, drug in drugs().items()}


@cache
def _index() -> _Index:
    """Everything by first word and by code, built once; KnowledgeError where two drugs claim the same."""
    drugs_by_id: dict[str, Drug] = {}
    priority: dict[str, int] = {}
    products: list[tuple[str, tuple[str, ...]]] = []
    groups = load("drugs", Group)
    for name, group in groups.items():
        products += group.products.items()
        products += ((brand, _ids(ids)) for ids, brands in group.brands.items() for brand in _listed(brands))
        products += ((brand, ()) for brand in group.ambiguous)
        for id, drug in (*group.drugs.items(), *_substances(group)):
            if id in drugs_by_id:
                raise KnowledgeError(f"data/drugs/{name}.toml: the drug «{id}» stands in another file already")
            drugs_by_id[id] = drug
            priority[id] = group.priority if drug.priority is None else drug.priority
    by_first_word = _names(drugs_by_id, (*products, *_in_other_languages(drugs_by_id, products)))
    names = {" ".join(name.words): name.drugs for of_word in by_first_word.values() for name in of_word}
    several = {" ".join(_words(name)): _ids(ids) for group in groups.values() for name, ids in group.ambiguous.items()}
    return _Index(
        drugs=MappingProxyType(drugs_by_id),
        priority=priority,
        by_code=_codes(drugs_by_id),
        by_first_word=by_first_word,
        names=MappingProxyType({**names, **several}),
    )


def _substances(group: Group) -> Iterator[tuple[str, Drug]]:
    for classes, substances in group.substances.items():
        belongs = tuple(classes.split())
        for substance in _listed(substances):
            names = tuple(substance.split(" = "))
            yield names[0].replace(" ", "_"), Drug.model_construct(names=names, classes=belongs)


_ENDINGS = (
    ("ine", "in", "ina"),
    ("one", "on", "ona"),
    ("in", "ine", "ina"),
    ("ide", "id", "ida"),
    ("ol", "olo", "olum"),
)
"""How the ending of a non-proprietary name changes in other languages: the English, then the others."""


def _in_other_languages(
    drugs: Mapping[str, Drug], products: Iterable[tuple[str, tuple[str, ...]]]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The first name of each drug with the endings of other languages; none that another drug has or would get too."""
    taken = {name for drug in drugs.values() for name in drug.names} | {name for name, _ in products}
    variants: dict[str, set[str]] = {}
    for id, drug in drugs.items():
        if not drug.with_word:
            for variant in _variants(drug.names[0]):
                variants.setdefault(variant, set()).add(id)
    for variant, ids in variants.items():
        if len(ids) == 1 and variant not in taken:
            yield variant, tuple(ids)


def _variants(name: str) -> Iterator[str]:
    english = next((endings for endings in _ENDINGS if name.endswith(endings[0])), None)
    if english is None or not name.isalpha() or len(name) < LONG_ENOUGH:
        return
    stem = name.removesuffix(english[0])
    romance = stem.replace("ph", "f").replace("th", "t").replace("y", "i")
    for ending in english[1:]:
        yield stem + ending
        yield romance + ending


def _listed(names: str) -> list[str]:
    return names.replace("\n", " ").split(", ")


def _ids(together: str) -> tuple[str, ...]:
    return tuple(together.split(" + "))


def _codes(drugs: Mapping[str, Drug]) -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for id, drug in drugs.items():
        for code in drug.rxnorm:
            if code in codes:
                raise KnowledgeError(f"data/drugs/: RxNorm {code} stands for both «{codes[code]}» and «{id}»")
            codes[code] = id
    return codes


def _names(
    drugs: Mapping[str, Drug], products: Iterable[tuple[str, tuple[str, ...]]]
) -> Mapping[str, tuple[_Name, ...]]:
    # Two substances may not share a name, and of names that begin alike the longest is tried first.
    names: dict[tuple[tuple[str, ...], bool], _Name] = {}
    of_drugs = ((name, frozenset(drug.with_word), (id,)) for id, drug in drugs.items() for name in drug.names)
    for written, with_word, ids in (*of_drugs, *((name, frozenset[str](), ids) for name, ids in products)):
        key = (_words(written), bool(with_word))
        if key in names and names[key].drugs != ids:
            both = " and ".join(", ".join(of) or "several" for of in (names[key].drugs, ids))
            raise KnowledgeError(f"data/drugs/: «{written}» stands for both {both}")
        if not set(ids) <= drugs.keys():
            raise KnowledgeError(f"data/drugs/: «{written}» names a substance that is not there: {', '.join(ids)}")
        names[key] = _Name(key[0], with_word, ids)
    first: dict[str, list[_Name]] = {}
    for name in names.values():
        first.setdefault(name.words[0], []).append(name)
    longest_first = {
        word: tuple(sorted(entries, key=lambda name: (-len(name.words), not name.with_word)))
        for word, entries in first.items()
    }
    return MappingProxyType(longest_first)
