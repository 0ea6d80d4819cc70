"""The signs of directions put together: doses, how often a day, what bounds and changes them.

A text is a row of signs of one letter each (`words.SIGNS`), and a rule a pattern on that row: «nMp» is a number, a mass
and a piece. Each rule in turn replaces what it finds by fewer signs: M a mass in mg, V a volume in mL, Q, K and Z doses
(K that of a whole day, Z «3x1»), F times a day, T times, U for how long, X at most, ~ a range; the rest stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from unwound.exchange.fhir import words
from unwound.exchange.fhir.words import Token

MOST_IN_WORDS = 4.0
"""A greater number without a word for what is counted may be milligrams («take 75»)."""
_MOST_PIECES_A_DAY = 50.0
"""Of a maximum without a unit: a greater number is milligrams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """One dose as words give it: pieces, milligrams or millilitres, and what stands beside them."""

    pieces: float | None = None
    mg: float | None = None
    ml: float | None = None
    piece_mg: float | None = None
    """The strength of one piece where the words give it: «2 x 300 mg capsules»."""
    beside_mg: float | None = None
    """A mass beside the pieces: «2 capsules (600 mg)»."""
    is_total: bool = False
    is_bare: bool = False
    """A number without a word for what is counted."""
    piece: str = ""


@dataclass(frozen=True, slots=True)
class Dose(Token):
    """A sign that is a dose: Q one dose, K that of a whole day, Z «3x1», X the most that may be taken."""

    amount: Amount | None = None


_Rule = tuple[re.Pattern[str], Callable[[list[Token]], list[Token]]]


def without_idle_words(tokens: list[Token]) -> list[Token]:
    """Without words that change nothing: «with milk or water», but not «with 60 mg», «with meals and at night»."""
    tokens = _apply(tokens, _EITHER)
    tokens = _apply([token for token in tokens if token.sign != "_"], _WITH)
    return [token for token in tokens if token.sign not in "bC"]


def _at_meals(parts: list[Token]) -> list[Token]:
    """«With meals and at night» is so many times a day as there are meals; a comma does not join the two."""
    return parts if all(token.text in (",", ";") for token in parts if token.sign == "&") else [Token("%")]


def in_brackets(tokens: list[Token]) -> list[Token]:
    """«3 (three)» is one number; other brackets only part what they hold."""
    tokens = _apply(tokens, ((re.compile(r"[nT]\(n\)"), _same_number),))
    return [token for token in tokens if token.sign not in "()"]


def _same_number(parts: list[Token]) -> list[Token]:
    return [parts[0] if parts[0].value == parts[2].value else Token("!", 0.0, "two numbers")]


def put_together(tokens: list[Token]) -> list[Token]:
    """The signs by all rules in turn, without those that only joined others."""
    tokens = _apply(tokens, _RULES)
    return [token for token in tokens if token.sign not in "rty"]


def _apply(tokens: list[Token], rules: Sequence[_Rule]) -> list[Token]:
    """Each rule in turn, from the left, until it finds nothing more."""
    for pattern, build in rules:
        at = 0
        while match := pattern.search("".join(token.sign for token in tokens), at):
            built = build(tokens[match.start() : match.end()])
            tokens = [*tokens[: match.start()], *built, *tokens[match.end() :]]
            at = match.start() + len(built)
    return tokens


def _range(parts: list[Token]) -> list[Token]:
    """«1-2», «300 mg to 600 mg»; a dash between different things only parts them, and equal ends are no range."""
    numbers = [token for token in parts if token.sign in "nT"]
    middle = next(place for place, token in enumerate(parts) if token.sign in "reB")
    first, last = parts[:middle], parts[middle + 1 :]
    alike = len(first) == 1 or [token.sign for token in first] == [token.sign for token in last]
    if parts[middle].text in "-–—~" and not alike:
        return [*first, *last]
    return last if len({token.value for token in numbers}) == 1 else [Token("~")]


def _and_a_half(parts: list[Token]) -> list[Token]:
    """«One tablet and a half»; «one tablet and two ...» is left as it is."""
    whole, piece, _, half = parts
    return [Token("n", whole.value + 0.5, whole.text), piece] if half.value == 0.5 else parts


def _times_of(parts: list[Token]) -> float:
    return next(token.value for token in parts if token.sign in "nT")


def _frequency(per_day: Callable[[float], float]) -> Callable[[list[Token]], list[Token]]:
    def build(parts: list[Token]) -> list[Token]:
        number = next((token.value for token in parts if token.sign in "nT"), 1.0)
        return [Token("F", per_day(number))] if number > 0 else [Token("!")]

    return build


def _lasting(parts: list[Token]) -> list[Token]:
    unit = next((token.sign for token in parts if token.sign in "dwo"), "d")
    return [Token("U", _times_of(parts) * {"d": 1.0, "w": 7.0, "o": 30.0}[unit])]


def _mass(parts: list[Token]) -> list[Token]:
    return [Token("M", parts[0].value * parts[1].value)]


def _limit(parts: list[Token]) -> list[Token]:
    """At most so much in 24 hours; of any other time it is not understood."""
    hours = [before.value for before, token in pairwise(parts) if token.sign == "h"]
    if any(value != 24 for value in hours):
        return [Token("c")]
    kept = [token for token in parts if token.sign not in "LDhEdf"][:2]
    most = replace(_amount(kept), is_bare=False)
    if most.pieces is not None and most.pieces > _MOST_PIECES_A_DAY and not most.piece:
        most = Amount(mg=most.pieces)  # «up to 4000 in 24 h»
    return [Dose("X", 0.0, "", most)]


def _once_or_contradicting(parts: list[Token]) -> list[Token]:
    return [parts[1]] if parts[0].value == 1 else [Token("!")]


def _dose(parts: list[Token]) -> list[Token]:
    return [Dose("Q", 0.0, "", _amount(parts))]


def _amount(parts: list[Token]) -> Amount:
    """One dose of its parts: pieces, a mass before the piece is its strength, a mass beside both is compared."""
    signs = "".join(token.sign for token in parts)
    count = next((token.value for token in parts if token.sign == "n"), None)
    mass = next((token.value for token in parts if token.sign == "M"), None)
    piece = next((token.text for token in parts if token.sign == "p"), "")
    ml = next((token.value for token in parts if token.sign == "V"), None)
    if ml is not None:
        return Amount(ml=ml, beside_mg=mass, is_total=True)
    if count is None:
        return Amount(mg=mass)
    if signs.startswith(("nM", "nxM")):
        return Amount(pieces=count, piece_mg=mass, piece=piece)
    return Amount(pieces=count, beside_mg=mass, is_total="t" in signs, is_bare=not piece, piece=piece)


def _grid(parts: list[Token]) -> list[Token]:
    """«1-0-1», with a strength before it or a unit after it: all of a day, once."""
    grid = next(token for token in parts if token.sign == "G")
    total, largest = grid.value, max(words.in_grid(grid.text))
    unit = next((token.value for token in parts if token.sign == "m"), None)
    strength = next((token.value for token in parts if token.sign == "M"), None)
    piece = next((token.text for token in parts if token.sign == "p"), "")
    if unit is not None:
        return [Dose("K", 0.0, "", Amount(mg=total * unit))]
    too_many = not piece and largest > MOST_IN_WORDS
    return [Dose("K", 0.0, "", Amount(pieces=total, piece_mg=strength, is_bare=too_many, piece=piece))]


def _rules(*pairs: tuple[str, Callable[[list[Token]], list[Token]]]) -> tuple[_Rule, ...]:
    return tuple((re.compile(pattern), build) for pattern, build in pairs)


_EITHER = _rules((r"[_b]e[_b]", lambda parts: [parts[0]]))
_WITH = _rules(
    (r"C(?=n)", lambda parts: [Token("?", 0.0, parts[0].text)]),
    (r"b(?:C?&)+C?S|S(?:C?&)+C?b", _at_meals),
)
_RULES = _rules(
    (r"G[mp]|nmG[p]?|G", lambda parts: _grid(_with_mass(parts))),
    (r"np&n(?![mpvxThdwo])", _and_a_half),
    (r"[nT][mpxv]?[reB]+[nT][mpxv]?", _range),
    (r"B", lambda parts: [Token("L", 0.0, parts[0].text)]),
    (r"knp?", lambda parts: []),
    (r"nm", _mass),
    (r"nv", lambda parts: [Token("V", parts[0].value)]),
    (r"fn[dwo]|xn[dwo]|n[dwo]g|nl", _lasting),
    (r"UN", lambda parts: [parts[0]]),
    (r"Lf?(?:D?[FT]|nx|n?[dw]|D?np?x)", lambda parts: [Token("~")]),
    (r"Lf?D?(?:M|V|np?)(?:D|E?nh|Ed)?|(?:M|np)LD", _limit),
    (r"(?:M|V|np?)Di", lambda parts: [*parts[:-2], Token("F", 1.0)]),
    (r"Dy", lambda parts: [Token("F", 1.0)]),
    (r"n\*", _frequency(lambda number: number)),
    (r"nxM[p]?", _dose),
    (r"nxnp?(?!x)", lambda parts: [_Several("Z", 0.0, "", _amount(parts[2:]), parts[0].value)]),
    (r"Dnx|xnD|DT(?!D)", _frequency(lambda number: number)),
    (r"nx", lambda parts: [Token("T", parts[0].value)]),
    (r"TD", _frequency(lambda number: number)),
    (r"E?nr?H|Enh", _frequency(lambda number: 24.0 / number)),
    (r"Eh", lambda parts: [Token("F", 24.0)]),
    (r"End", _frequency(lambda number: 1.0 / number)),
    (r"Ed", lambda parts: [Token("F", 1.0)]),
    (r"ES", lambda parts: [parts[1]]),
    (r"T[FD]", _once_or_contradicting),
    (r"nMp|npMt?|Mnpt?|np|VMt?|MV|V|Mp?|n(?![hdwo])", _dose),
    (r"D", lambda parts: [Token("D", 1.0)]),
)


@dataclass(frozen=True, slots=True)
class _Several(Dose):
    """«3x1»: three times one, or three of one, by what stands beside it."""

    times: float = 1.0


def _with_mass(parts: list[Token]) -> list[Token]:
    return [*_mass(parts[:2]), *parts[2:]] if parts[0].sign == "n" else parts


Body = tuple[tuple[tuple[Amount, float], ...], float | None, Amount | None]


def of_body(tokens: list[Token], times_first: bool) -> Body:
    """Doses with how often a day, or the frequency alone, or the dose alone; nothing where it is not plain.

    The branches are the shapes that directions have; any other shape is not read.
    """
    signs = "".join(token.sign for token in tokens)
    doses = [token for token in tokens if isinstance(token, Dose) and token.sign in "QKZ"]
    times = _times(tokens)
    if set(signs) - set("QKZFDST&") or (times is None and any(sign in signs for sign in "FDT")):
        return (), None, None
    if not doses:
        return (), times, None
    if len(doses) == 1:
        return _one_dose(doses[0], tokens, times, times_first)
    if re.fullmatch(r"(?:QS&*)+|(?:SQ&*)+|(?:Q(?:S&?)+)+", signs):
        return _by_parts_of_the_day(tokens, signs), None, None
    return (), None, None


def _one_dose(dose: Dose, tokens: list[Token], times: float | None, times_first: bool) -> Body:
    # «1-0-1» is the total of a day, «2 x 1 tablet» may be one, a single dose needs to know how often.
    amount = dose.amount or Amount()
    others = {token.sign for token in tokens} - {"Q", "K", "Z", "&"}
    if dose.sign == "K":
        return (
            (((amount, 1.0),), None, None) if not others or (times == 1.0 and "F" not in others) else ((), None, None)
        )
    if isinstance(dose, _Several):
        if others and others != {"D"}:
            amount = replace(amount, pieces=(amount.pieces or 0.0) * dose.times)
            return (((amount, times),) if times is not None else (), None, None)
        return (((amount, dose.times),) if times_first or others else (), None, None)
    return (((amount, times),), None, None) if times is not None else ((), None, amount)


def _times(tokens: list[Token]) -> float | None:
    """How often a day, from everything that says so; None where it is not said or does not agree."""
    fixed = {token.value for token in tokens if token.sign == "F"}
    counted = {token.value for token in tokens if token.sign == "T"}
    slots, daily = _slots(tokens), any(token.sign == "D" for token in tokens)
    if len(fixed) > 1 or (fixed and counted) or _may_be_named_twice(tokens):
        return None
    if counted:
        return slots if counted == {slots} else None
    if fixed:
        (times,) = fixed
        return times if slots in (0.0, times) or (times == 1.0 and slots == 1.0) else None
    return slots or (1.0 if daily else None)


def _slots(tokens: list[Token]) -> float:
    """How many parts of the day are named; «in the evening at bedtime» is one, «in the evening and at bedtime» two."""
    named: list[str] = []
    joined = True
    for token in tokens:
        if token.sign == "S" and (joined or not (named and {named[-1], token.text} <= {"evening", "night"})):
            named.append(token.text)
        joined = token.sign == "&" if token.sign in "S&" else joined
    return float(len(set(named)))


def _may_be_named_twice(tokens: list[Token]) -> bool:
    """«In the morning and at 8 am»: one time or two; nobody can say."""
    named = {token.text for token in tokens if token.sign == "S"}
    return any(not words.parts_of_day(name).isdisjoint(named) for name in named)


def _by_parts_of_the_day(tokens: list[Token], signs: str) -> tuple[tuple[Amount, float], ...]:
    """«1 in the morning and 2 at night»: each dose with its own parts of the day, none of which is named twice."""
    slots = [token.text for token in tokens if token.sign == "S"]
    if len(set(slots)) < len(slots) or _may_be_named_twice(tokens):
        return ()
    takes: list[tuple[Amount, float]] = []
    if signs.startswith("S"):
        return tuple((t.amount, 1.0) for t in tokens if isinstance(t, Dose) and t.amount is not None)
    for token in tokens:
        if isinstance(token, Dose) and token.amount is not None:
            takes.append((token.amount, 0.0))
        elif token.sign == "S":
            takes[-1] = (takes[-1][0], takes[-1][1] + 1.0)
    return tuple(takes)
