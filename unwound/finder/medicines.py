"""A medicine by any of its names -> what it is looked for as: its substance, and the words of its classes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from unwound import catalogue
from unwound.finder.knowledge import finder
from unwound.finder.words import words

LONG = 7
"""Letters from which on a slip of the pen is read as the name of a medicine; shorter names come too near to words."""
MOST_WORDS = 2
"""Words of the longest name that is looked for as one."""


@cache
def _drugs() -> Mapping[str, Mapping[str, list[str]]]:
    # As plain TOML, as the entries are: their records are many, and a search has to answer at once.
    return {
        substance: drug
        for id in catalogue.ids("drugs")
        for substance, drug in tomllib.loads(catalogue.content("drugs", id).decode()).get("drugs", {}).items()
    }


def names_of(substance: str) -> tuple[str, ...]:
    """Every name of a substance, brands among them; none where the catalogue does not know it."""
    return tuple(_drugs().get(substance, {}).get("names", ()))


@cache
def medicines() -> Mapping[str, tuple[str, ...]]:
    """The names of one or two words, brands among them, of medicines of which a file here may tell."""
    out: dict[str, tuple[str, ...]] = {}
    for substance, drug in _drugs().items():
        if not set(finder().drug).isdisjoint(drug["names"]):
            continue  # asked about on every second page: it tells none from another
        of_classes = [word for known in drug["classes"] for word in finder().classes.get(known, ())]
        meant = tuple(dict.fromkeys([substance.replace("_", " "), *of_classes]))
        for name in drug["names"]:
            written = " ".join(words(name))
            if 0 < len(written.split()) <= MOST_WORDS:
                out[written] = tuple(word for word in meant if word != written)
    return out
