"""The words of every file in SQLite's full-text index, in memory: which files hold a word, and how much that tells."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache
from math import log
from threading import Lock

from unwound.finder.entries import Entry, entries
from unwound.finder.knowledge import finder
from unwound.finder.words import words

NAMES, PHRASES, TEXT = "names", "phrases", "text"
COLUMNS = (NAMES, PHRASES, TEXT)
SHORT = 2
"""Words of a lay phrase that is as good as a name."""


class Index:
    """The files and every name and lay phrase of them, by stem (Porter); one reader at a time."""

    def __init__(self, all_entries: tuple[Entry, ...]) -> None:
        # Names, phrases, texts and words that say little are searched differently: each has its table.
        self.entries = all_entries
        self._lock = Lock()
        self._base = sqlite3.connect(":memory:", check_same_thread=False)
        self._base.executescript(
            """
            create virtual table files using fts5(names, phrases, text, tokenize = 'porter unicode61');
            create virtual table sayings using fts5(saying, file unindexed, tokenize = 'porter unicode61');
            create virtual table stems using fts5vocab(sayings, 'instance');
            create virtual table silent using fts5(word, tokenize = 'porter unicode61');
            create virtual table silent_stems using fts5vocab(silent, 'row');
            create virtual table everyday using fts5(word, tokenize = 'porter unicode61');
            """
        )
        for place, entry in enumerate(all_entries):
            row = (place, *(_joined(texts) for texts in (entry.names, entry.phrases, (entry.text,))))
            self._base.execute("insert into files(rowid, names, phrases, text) values (?, ?, ?, ?)", row)
        self._base.execute("insert into silent values (?)", (_joined(finder().says_nothing),))
        self._base.execute("insert into everyday values (?)", (_joined((*finder().tells_little, *finder().everyday)),))
        self.sayings = tuple(
            (place, saying) for place, entry in enumerate(all_entries) for saying in (*entry.names, *entry.phrases)
        )
        named = {kind.kind for kind in finder().kinds if kind.by_name}
        first: dict[int, int] = {}
        for at, (place, _) in enumerate(self.sayings):
            first.setdefault(place, at)
        self.titles = {place: at for place, at in first.items() if all_entries[place].kind in named}
        """The saying that is the title, of each file whose title is a name that people ask for."""
        rows = ((at, _joined((saying,)), place) for at, (place, saying) in enumerate(self.sayings))
        self._base.executemany("insert into sayings(rowid, saying, file) values (?, ?, ?)", rows)
        self.short = frozenset(
            at for at, (_, saying) in enumerate(self.sayings) if len(words(saying)) <= SHORT
        ) | frozenset(at for at, (place, saying) in enumerate(self.sayings) if saying in all_entries[place].names)
        """The names, and the lay phrases that are as short as one."""
        self.lengths = tuple(sum(word not in finder().fillers for word in words(saying)) for _, saying in self.sayings)
        """The words of each name and phrase, without the smallest."""
        self.vocabulary = frozenset(word for _, saying in self.sayings for word in words(saying))
        """Every word of a name or lay phrase, as it is written."""
        self._written = frozenset(word for entry in all_entries for word in words(entry.text))
        self.weights = self._weights()

    def _weights(self) -> tuple[float, ...]:
        """How much each saying tells by all its words together."""
        files = {at: place for at, (place, _) in enumerate(self.sayings)}
        held: dict[str, set[int]] = {}
        for stem, saying in self._base.execute("select term, doc from stems"):
            held.setdefault(stem, set()).add(saying)
        silent = {stem for (stem,) in self._base.execute("select term from silent_stems")}
        weights = [0.0] * len(self.sayings)
        for stem, sayings in held.items():
            if stem not in silent:
                tells = self.tells(len({files[saying] for saying in sayings}))
                for saying in sayings:
                    weights[saying] += tells
        return tuple(weights)

    def tells(self, files: int) -> float:
        """How much a word tells that names or lay phrases of so many files have; the rarer, the more."""
        return log(1 + len(self.entries) / (1 + files)) if files else finder().weights.unknown

    def files_with(self, word: str) -> Mapping[int, frozenset[str]]:
        """The files that hold a word, or words side by side, and in which of their columns."""
        held: dict[int, set[str]] = {}
        for column in COLUMNS:
            for (place,) in self._ask("select rowid from files where files match ?", f'{column} : "{word}"'):
                held.setdefault(place, set()).add(column)
        return {place: frozenset(columns) for place, columns in held.items()}

    def sayings_with(self, word: str) -> frozenset[int]:
        """The names and lay phrases that hold a word, or words side by side."""
        rows = self._ask("select rowid from sayings where sayings match ?", f'"{word}"')
        return frozenset(at for (at,) in rows)

    def is_silent(self, word: str) -> bool:
        """Whether a word, in any of its forms, tells no file from another."""
        return bool(self._ask("select rowid from silent where silent match ?", f'"{word}"'))

    def is_everyday(self, word: str) -> bool:
        """Whether a word, in any of its forms, tells little."""
        return bool(self._ask("select rowid from everyday where everyday match ?", f'"{word}"'))

    def is_written(self, word: str) -> bool:
        """Whether a text of ours has the word as it stands: it is then no slip of the pen of another."""
        return word in self._written

    def _ask(self, sql: str, match: str) -> list[tuple[int]]:
        with self._lock:
            return self._base.execute(sql, (match,)).fetchall()


def _joined(texts: tuple[str, ...]) -> str:
    # Our own words, so that «can't» and «Guillain-Barré» are divided as what is typed will be.
    return " | ".join(" ".join(words(text)) for text in texts)


@cache
def index() -> Index:
    """The index of all knowledge in force; built once, in well under a second."""
    return Index(tuple(entries()))
