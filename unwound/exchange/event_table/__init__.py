"""NONMEM-style event tables: doses and observation times of several people, one event a row, in and out.

columns    what headings mean, by `data/rules/event_columns.toml`
cells      text to columns of numbers and words
moments    times of day and dates to hours
reading    a table while it is read; on it stand identity, happenings, timing, ways and lengths, a subject each
records    what rows mean, all subjects together
courses    the doses and observations of one person
writing    the way out

Doses come in milligrams and hours, whatever units the table says. A column that is not about doses is kept aside and
named; a table that could mean two things is refused, with its row.

Source: the meaning of EVID, ADDL, II, SS and RATE is NONMEM's (PREDPP), with the differences written at `read`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from unwound.exchange.event_table.courses import Course, Courses, Observed
from unwound.exchange.event_table.records import recorded
from unwound.exchange.event_table.writing import write

__all__ = ["Course", "Events", "Observed", "read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """A table: ID -> course in the order of the table, what was left aside, and what a reader must know of the rest.

    `drugs` are the words of a column that names the drug; `etas` the numbers or names of its columns of deviations.
    """

    courses: Mapping[str, Course]
    left_aside: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()
    etas: tuple[str, ...] = ()
    weighed: bool = False
    age: str = ""
    """The heading of the ages, where the table has one."""
    has_occasions: bool = False


def read(text: str, name: str, compartments: Mapping[str, str] = MappingProxyType({})) -> Events:
    """The courses of a table separated by comma, semicolon, tab, bar or spaces.

    EVID 0 is an observation, 1 a dose, 2 something else, 3 a reset, 4 a reset and a dose; without that column a row
    with an amount is a dose. A reset ends what is running and what ADDL had still to give. `compartments` says which
    way a number in CMT or ADM goes («2» -> «iv»); 1 is by vein where nothing speaks against it. At one time the order
    of rows decides; a further dose of ADDL comes before them. Unlike in NONMEM, RATE and DUR may both be given when
    they agree, and rows of an ID may stand apart while their times go on. UnwoundError, naming the file, the row, the
    column and what to do, for all that cannot be read.
    """
    rows = recorded(text, name, compartments)
    return Events(
        courses=Courses(rows),
        left_aside=rows.kept,
        notes=tuple(rows.notes),
        drugs=rows.drugs,
        etas=tuple(rows.etas),
        weighed=rows.weight_kg is not None,
        age=rows.age_heading,
        has_occasions=rows.occasion is not None,
    )
