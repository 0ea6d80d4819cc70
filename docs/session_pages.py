"""The pages of the session: its states, and what it is watched against and what its two gates ask."""

from __future__ import annotations

from prose import bullets, labelled, number, page, review_state, said, table

from unwound import session
from unwound.catalogue import load_rule, plain
from unwound.session import gates, states
from unwound.session.gates import Gate, GateName, Requirement
from unwound.session.limits import CheckFile, LimitFile, Monitoring, TrendFile
from unwound.session.pick_lists import pick_list

PICK_LISTS = ("rescue_drugs", "side_effects", "alert_reasons")
PHASES = {"infusion": "during the infusion", "recovery": "after it"}


def states_page() -> str:
    """The states of a session: the diagram, the table, and what each move needs."""
    drawn = f"```mermaid\n{session.diagram()}\n```"
    rows = (
        (
            states.in_words(one.state),
            states.in_words(one.to),
            one.says,
            ", ".join(map(states.in_words, one.who)),
            _needs(one),
        )
        for one in session.MOVES
    )
    lead = (
        "A session moves along these transitions only (`unwound/session/states.py`). A need that is not known is "
        "asked for; it never counts as met. The two gates and the alerts are on [their page](session-watching.md)."
    )
    moves = table(("From", "To", "When", "Who may", "Needs"), rows)
    return page("States of a session", lead, [drawn, moves], marked=False)


def _needs(move: session.Move) -> str:
    return "; ".join(states.NEEDS[need] for need in move.needs)


def watching_page() -> str:
    """The plausible range of each sign, the usual limits and checks, and what is asked before and after."""
    usual = load_rule("monitoring", Monitoring)
    lead = (
        f"{session.MONITOR_FIRST} A value outside the plausible range is an artefact: kept, shown, never used. Alerts "
        "are limit, trend, overdue, no-data, sensor-off, implausible and side-effect; each stays until a clinician "
        "acknowledges it, by name and with a reason, which pauses it. What the setting of a protocol says about a sign "
        "replaces these ([protocols](protocols.md))."
    )
    parts = [
        _signs(),
        _calls(),
        _shown(),
        *(_pick_list(id) for id in PICK_LISTS),
        _monitoring(usual),
        _gate(GateName.START),
        _gate(GateName.LEAVE),
    ]
    return page("What a session is watched against", lead, parts)


def _signs() -> str:
    rows = (
        (one.title, one.short, one.unit, number(one.lowest), number(one.highest), number(one.gap))
        for one in session.signs.signs().values()
    )
    head = ("What", "Short", "Unit", "Plausible from", "Plausible to", "A gap after")
    return f"## What is read\n\n{table(head, rows)}"


def _calls() -> str:
    """For how long a value waits, what is critical or artefact, and when an acknowledged alert calls again."""
    rows = (
        (sign.title, sign.family, _waits(sign), _critical(sign), _worse(sign))
        for sign in session.signs.signs().values()
    )
    head = ("What", "One event with", "Of a probe, waits", "Critical or artefact", "Calls again when worse")
    return f"## When it calls\n\n{table(head, rows)}"


def _waits(sign: session.VitalSign) -> str:
    if sign.waits is None:
        return ""
    sides = (("below", sign.waits.below), ("above", sign.waits.above))
    deep = " or ".join(f"{word} {number(edge)}" for word, edge in sides if edge)
    return f"{number(sign.waits.time)}{f', not at all {deep}' if deep else ''}"


def _critical(sign: session.VitalSign) -> str:
    if sign.critical is None:
        return ""
    low, high = sign.critical.from_, sign.critical.to
    sides = (f"{number(low)} up" if low else "", f"up to {number(high)}" if high else "")
    return ", ".join(side for side in sides if side)


def _worse(sign: session.VitalSign) -> str:
    if sign.worsening is None:
        return ""
    bands = (("below", sign.worsening.below), ("above", sign.worsening.above))
    named = (f"{word} {', '.join(map(plain, edges))}" for word, edges in bands if edges)
    return "; ".join((f"by {number(sign.worsening.step)}", *named))


def _shown() -> str:
    rows = (
        (
            one.title,
            "yes" if one.charting.baseline else "",
            "yes" if one.charting.by_hand else "",
            _left(one),
            _place(one),
            "yes" if one.charting.trend else "",
            "yes" if one.charting.board else "",
            said(one.charting.reason),
        )
        for one in session.signs.signs().values()
    )
    head = (
        "What",
        "Before the start",
        "Typed at the bedside",
        "Left without a number",
        "On the screen",
        "Drawn",
        "On the board",
        "Why",
    )
    return f"## Where it is typed and shown\n\n{table(head, rows)}"


def _place(one: session.VitalSign) -> str:
    partners = {sign.charting.pair.sign for sign in session.signs.signs().values() if sign.charting.pair}
    if any(session.sign(id) is one for id in partners):
        return "with its pair"
    return "record only" if not one.charting.tile else str(one.charting.screen or "after the others")


def _left(one: session.VitalSign) -> str:
    """In which ways a round may leave it without a number."""
    ways = (("unchanged", one.charting.as_before), ("asleep", one.charting.asleep))
    return ", ".join(way for way, may in ways if may)


def _pick_list(id: str) -> str:
    known = pick_list(id)
    return f"## {known.title}\n\n{bullets(f'**{one.says}**: {said(one.reason)}' for one in known.choices)}"


def _monitoring(one: Monitoring) -> str:
    told = labelled(
        (
            ("Status", review_state(one)),
            ("A sensor that is off calls", f"after {number(one.off)}"),
            ("An acknowledged alert calls again", _again(one)),
            (
                "Nobody answered what advises stopping",
                f"after {number(one.answering.escalate)}: {said(one.answering.text)}",
            ),
            ("An infusion is resumed by a value", f"no older than {number(one.answering.fresh)}"),
            ("A judged sign is left without a number", f"at most {number(one.rounds.in_row)} in a row"),
            ("An event is charted later", f"by at most {number(one.rounds.back)}, or from paper"),
            ("One episode", f"crossings of a limit no more than {number(one.rejoin)} apart"),
            ("Overdue", f"a check later than {number(one.grace)}, where it does not say its own"),
            ("Given and ran agree", f"within {number(one.given)} of what was drawn up"),
            ("Watched after the infusion", number(one.after)),
        )
    )
    limits = table(("Sign", "Limit", "Think of", "Advice"), (_limit(rule) for rule in one.limits.values()))
    trends = table(("Sign", "From the patient's own start", "Advice"), (_trend(rule) for rule in one.trends.values()))
    checks = table(("What", "When", "How often", "From"), (_check(rule, one) for rule in one.checks.values()))
    effects = table(
        ("Charted side effect", "Think of", "Advice"),
        ((f"grade {number(rule.least)} or above", rule.does, said(rule.text)) for rule in one.side_effects.values()),
    )
    return f"## {one.title}\n\n{told}\n\n### Limits\n\n{limits}\n\n{trends}\n\n{effects}\n\n### Checks\n\n{checks}"


def _again(one: Monitoring) -> str:
    file = one.answering
    return (
        f"while it goes on: {number(file.stop)} where it advises stopping, {number(file.pause)} where pausing, "
        f"{number(file.review)} where reviewing, {number(file.lost)} where a sensor is off or silent"
    )


def _limit(rule: LimitFile) -> tuple[str, ...]:
    return session.sign(rule.sign).title, _edge(rule), rule.does, said(rule.text)


def _edge(rule: LimitFile) -> str:
    return f"below {number(rule.below)}" if rule.below else f"above {number(rule.above)}"


def _trend(rule: TrendFile) -> tuple[str, ...]:
    step = f"a fall of at least {number(rule.fall)}" if rule.fall else f"a rise of at least {number(rule.rise)}"
    far = f"more than {number(rule.beyond)} either way" if rule.beyond else step
    return session.sign(rule.sign).title, far, said(rule.text)


def _check(rule: CheckFile, one: Monitoring) -> tuple[str, ...]:
    signs = ", ".join(session.sign(id).short for id in rule.signs)
    deep = [one.limits[name] for name in rule.while_beyond]
    at_depth = " or ".join(f"{session.sign(limit.sign).short} {_edge(limit)}" for limit in deep)
    return (
        signs,
        f"{PHASES[rule.phase]}, while {at_depth}" if at_depth else PHASES[rule.phase],
        f"every {number(rule.every)}{f', overdue after {number(rule.grace)} more' if rule.grace else ''}"
        if rule.every
        else "without a break",
        said(rule.text),
    )


def _gate(id: GateName) -> str:
    gate: Gate = gates.gate(id)
    return f"## {gate.title}\n\n{bullets(_requirement(one) for one in gate.requirements.values())}"


def _requirement(one: Requirement) -> str:
    limits = "; ".join(number(limit) for limit in (one.limit, one.second_limit) if limit)
    override = " A physician may override it, with a reason." if one.override else " Nobody may override it."
    return f"**{one.title}**{f' ({limits})' if limits else ''}: {said(one.reason)}{override}"


PAGES = {"session-states.md": states_page, "session-watching.md": watching_page}
