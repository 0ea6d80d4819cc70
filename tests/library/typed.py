"""What people may type (`tests/finder`), and how well the finder answers it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unwound import finder

FOLDER = Path(__file__).parents[1] / "finder"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Shares from 0 to 1: of the searches, the unrelated, the emergencies and the harmless of one half."""

    top_1: float
    top_3: float
    nothing_fits: float
    flagged: float
    flagged_harmless: float


def phrases(name: str, half: str) -> list[Any]:
    return list(tomllib.loads((FOLDER / f"{name}_{half}.toml").read_text("utf-8"))["phrases"])


def place(text: str, ids: list[str]) -> int:
    """The place of the first result that is meant, from 1; 0 where it is none of them."""
    found = [result.id for result in finder.find(text).results]
    return next((at for at, id in enumerate(found, start=1) if id in ids), 0)


def scores(half: str) -> Scores:
    searches = [place(phrase["say"], phrase["ids"]) for phrase in phrases("search", half)]
    return Scores(
        top_1=_share([at == 1 for at in searches]),
        top_3=_share([1 <= at <= 3 for at in searches]),
        nothing_fits=_share([not finder.find(text).results for text in phrases("unrelated", half)]),
        flagged=_share([bool(finder.find(phrase["say"]).red_flags) for phrase in phrases("red_flag", half)]),
        flagged_harmless=_share([bool(finder.find(text).red_flags) for text in phrases("harmless", half)]),
    )


def _share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)
