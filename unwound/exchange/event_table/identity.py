"""Whose rows an event table holds: rows that do not count, persons, their covariates and occasions."""

from __future__ import annotations

import re

import numpy as np

from unwound.exchange.event_table.cells import Careful, Codes, Numbers, Words
from unwound.exchange.event_table.columns import known, normal
from unwound.exchange.event_table.reading import Mask, Reading, each, measured, plain_number
from unwound.exchange.names import quoted
from unwound.record import UnwoundError


class Identity(Reading):
    """Rows left out, persons in their order, and what is known of each."""

    def _leave_excluded(self) -> None:
        """Leaves out the rows that a column of exclusion, or a sign of comment before the ID, takes out."""
        rules = known()
        out = np.zeros(self.cells.rows, dtype=bool)
        for heading in (*self.meaning.exclusions, *self.meaning.inclusions):
            words = self.cells.words(heading)
            yes = each([word.upper() in rules.excluded for word in words.values])
            no = each([word == "" or word.upper() in rules.counted for word in words.values])
            unclear = ~(yes | no)[words.codes]
            if unclear.any():
                index = int(np.argmax(unclear))
                raise self.cells.wrong(
                    index,
                    heading,
                    f"{quoted(words.row(index))}: does this row count? Write 1 to leave it out, 0 to keep it",
                )
            out |= (no if heading in self.meaning.inclusions else yes)[words.codes]
        ids = self.words("id")
        first = self.cells.headings[0] == self.heading("id")
        marks = ("C",) if first and normal(self.heading("id")) in ("CID", "C_ID") else ()
        numeric = [value for value in ids.values if value and value.upper() != "C"]
        alone = first and bool(numeric) and all(re.fullmatch(r"[\d.]+", value) for value in numeric)
        comment = each(
            [
                bool(marks and value.upper().startswith(marks)) or (alone and value.upper() == "C")
                for value in ids.values
            ]
        )
        out |= comment[ids.codes]
        if out.any():
            self._refuse_to_leave_out_every_row(out)
            conditions = ", ".join((*self.meaning.exclusions, *self.meaning.inclusions)) or "C before its ID"
            self.notes.append(f"{int(out.sum()):,} rows left out by {conditions}")
            self.cells.keep(~out)

    def _refuse_to_leave_out_every_row(self, out: Mask) -> None:
        """UnwoundError where a column that should exclude some rows takes out all doses, or all that is none.

        A column of such a name may say which substance was measured.
        """
        dosed = self.numbers("amount") > 0 if not isinstance(self.cells, Careful) else self._rough_amount()
        for rows in (dosed, ~dosed):
            if rows.any() and out[rows].all() and not out.all():
                heading = (*self.meaning.exclusions, *self.meaning.inclusions, "ID")[0]
                raise UnwoundError(
                    f"{self.cells.name}: {heading} would leave out every row {'with' if rows is dosed else 'without'} "
                    "an amount; does it say which rows count? Else rename it"
                )

    def _rough_amount(self) -> Mask:
        """Whether each row has an amount, where a row that is left out may hold anything."""
        return self.words("amount").mapped(measured) > 0

    def _persons(self) -> tuple[tuple[str, ...], Codes]:
        """The persons in the order in which they come, and each row's: «1.0» is «1», «01» is asked."""
        words = self.words("id")
        names = [plain_number(value) for value in words.values]
        self.refuse(each([name == "" for name in names])[words.codes], "id", "empty; name the subject of the event")
        by_number: dict[str, str] = {}
        used = set(np.unique(words.codes).tolist())
        for code, written in enumerate(names):
            plain = written.lstrip("0") if written.isdecimal() else written
            if code in used and by_number.setdefault(plain, written) != written:
                self.refuse(
                    words.codes == code, "id", f"{quoted(written)} and {quoted(by_number[plain])}: are they one?"
                )
        unique = list(dict.fromkeys(names))
        place = {written: number for number, written in enumerate(unique)}
        code_of = np.array([place[written] for written in names], dtype=np.int64)[words.codes]
        _, first, inverse = np.unique(code_of, return_index=True, return_inverse=True)
        rank = np.empty(first.size, dtype=np.int64)
        rank[np.argsort(first)] = np.arange(first.size)
        names_in_order = tuple(unique[int(code_of[begin])] for begin in np.sort(first))
        return names_in_order, rank[inverse.reshape(-1)]

    def _put_together(self) -> None:
        """Brings the rows of each person together where they stand apart; the order of each one's rows stays."""
        apart = bool((np.diff(self.person) < 0).any())
        self.order = np.argsort(self.person, kind="stable") if apart else np.arange(self.cells.rows)
        if not apart:
            return
        person, time = self.person[self.order], self.written_h[self.order]
        back = (np.diff(person, prepend=-1) == 0) & (np.diff(time, prepend=time[0]) < 0)
        back &= np.diff(self.order, prepend=-1) > 1
        if back.any():
            index = int(self.order[int(np.argmax(back))])
            named = quoted(self.ids[int(self.person[index])])
            raise self.cells.wrong(
                index, self.heading("id"),
                f"{named} comes again after another one, at an earlier time; put all rows of an ID together",
            )  # fmt: skip
        self.notes.append("rows of an ID that stand apart are taken as one person's, for their times go on")

    def filled(self, heading: str, factor: Numbers | float = 1.0) -> Numbers:
        """A covariate with its gaps filled from the row before, and at the beginning from the first that is known."""
        return self.gaps_filled((self.cells.numbers(heading) * factor)[self.order])

    def gaps_filled(self, values: Numbers) -> Numbers:
        """The same of values in the order of persons."""
        person = self.person[self.order]
        begins = np.searchsorted(person, person)
        last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(values.size)))
        forward = np.where(last >= begins, values[np.maximum(last, 0)], np.nan)
        ends = np.searchsorted(person, person, side="right")
        after = np.where(np.isnan(values), values.size, np.arange(values.size))
        following = np.minimum.accumulate(after[::-1])[::-1]
        back = np.where(following < ends, values[np.minimum(following, values.size - 1)], np.nan)
        return np.where(np.isnan(forward), back, forward)

    def _occasions(self) -> Words | None:
        """Every row's occasion; a gap goes on with the one before it. UnwoundError where a person has none at all."""
        if not self.has("occasion"):
            return None
        words = self.words("occasion")
        names = [plain_number(value) for value in words.values]
        unique = tuple(dict.fromkeys(names))
        place = np.array([unique.index(name) if name else np.nan for name in names])[words.codes]
        filled = self.gaps_filled(place[self.order])
        nothing = np.zeros(self.order.size, dtype=bool)
        nothing[self.order] = np.isnan(filled)
        self.refuse(nothing, "occasion", "no occasion of this person is named; number them, or leave the column out")
        return Words(filled.astype(np.int64), unique)

    def _used(self, heading: str) -> list[str]:
        """The words of a column on rows of doses."""
        words = self.cells.words(heading)
        return [words.values[code] for code in np.unique(words.codes[self.is_dose]).tolist() if words.values[code]]
