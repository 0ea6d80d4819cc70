"""The pages on what Unwound knows of care: conditions, therapies, cautions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prose import MARKS, anchor, bare, bullets, criterion, labelled, number, page, review_state, said, source, table

from unwound import cautions, conditions, evidence, facts, therapies
from unwound.catalogue import load
from unwound.cautions import KINDS, Caution
from unwound.conditions import Condition
from unwound.conditions.knowledge import CriteriaSet, Opinion, View
from unwound.ladder import Ladder
from unwound.report.words import DIRECTIONS, LINES, STRENGTHS
from unwound.report.words import KINDS as CAUTION_KINDS
from unwound.therapies import Therapy, refractory
from unwound.therapies import knowledge as therapy_knowledge


def conditions_page() -> str:
    """Every condition: what it is, its codes, how it is graded, its ladder, what ketamine offers."""
    known = conditions.conditions()
    rows = (
        (f"[{one.title}](#{anchor(one.title)})", one.group, _icd11(one), STRENGTHS[one.ketamine.strength])
        for one in known.values()
    )
    lead = (
        f"The {len(known)} conditions Unwound grades. Ids stand in backticks; a file of `unwound/data/conditions/` "
        "holds each."
    )
    index = table(("Condition", "Group", "ICD-11", "Ketamine"), rows)
    return page(
        "Conditions", lead, [index, *(_condition(id, one) for id, one in known.items()), _opinions(), *_criteria_sets()]
    )


def _condition(id: str, one: Condition) -> str:
    rules, ketamine = one.rules, one.ketamine
    graded = [f"grade {ketamine.grade}"] if ketamine.grade else []
    graded += [f"certainty {ketamine.certainty}"] if ketamine.certainty else []
    grade = f" ({', '.join(graded)})" if graded else ""
    strength = f"**{STRENGTHS[ketamine.strength]}**{grade}. {said(ketamine.text)}"
    views = _views(load("conditions", Condition)[id].ketamine.views)
    codes = "; ".join(f"{code.system} {code.code} {code.title}{MARKS[code.checked]}" for code in one.codes)
    steps = labelled(
        (
            ("Graded by", f"{rules.scheme}: {said(rules.reason)}"),
            ("History", criterion(rules.history)),
            ("Timing", criterion(rules.timing)),
            ("Area", criterion(rules.distribution)),
            ("Signs", criterion(rules.signs)),
            ("Tests", criterion(rules.tests)),
            ("This type", criterion(rules.type)),
        )
    )
    told = labelled(
        (
            ("Id", f"`{id}` · {one.group} · {review_state(one)}"),
            ("What it is", said(one.definition)),
            ("What people tell", said(one.presentation)),
            ("Codes", codes),
        )
    )
    rest = labelled(
        (
            ("Work-up", " ".join(said(part) for part in one.work_up)),
            ("Underlying cause", " ".join(said(part) for part in one.cause)),
            ("Ladder", _ladder(one.ladder) if one.ladder else "the [general one](therapies.md#the-general-ladder)"),
            ("Ketamine", strength),
        )
    )
    differs = bullets(f"from `{near.condition}`: {said(near)}" for near in one.differs)
    return "\n\n".join(
        part for part in (f"## {one.title}", told, f"How it differs:\n\n{differs}", steps, rest, views) if part
    )


def _views(views: Iterable[View]) -> str:
    """What bodies and studies say of ketamine, side by side."""
    rows = ((str(one.year), one.jurisdiction or "–", DIRECTIONS[one.direction], said(one)) for one in views)
    return table(("Year", "Where", "Direction", "What it says"), rows)


def _opinions() -> str:
    """The views that concern several conditions, and which."""
    known = conditions.conditions()
    shared = sorted(load("opinions", Opinion).values(), key=lambda one: one.view.year)
    rows = (
        (
            str(one.view.year),
            one.view.jurisdiction or "–",
            DIRECTIONS[one.view.direction],
            said(one.view),
            _concerned([id for id, condition in known.items() if one.concerns(id, condition.group)]),
        )
        for one in shared
    )
    what = "A review shows them beside the condition's own views; they are never merged."
    listed = table(("Year", "Where", "Direction", "What it says", "Concerns"), rows)
    return f"## Views on ketamine that concern several conditions\n\n{what}\n\n{listed}"


def _concerned(ids: list[str]) -> str:
    known = conditions.conditions()
    left_out = [id for id in known if id not in ids]
    if len(ids) <= len(left_out):
        return _ids(ids)
    return f"all but {_ids(left_out)}" if left_out else "all"


def _icd11(one: Condition) -> str:
    return ", ".join(code.code for code in one.codes if code.system == "ICD-11")


def _criteria_sets() -> Iterator[str]:
    yield "## Sets of criteria\n\nPublished criteria in our own words, read from `unwound/data/criteria/`."
    for one in load("criteria", CriteriaSet).values():
        steps = (
            (
                step.what,
                f"{bare(step.needed)}" if step.needed else "all",
                "; ".join(criterion(part) for part in step.of),
            )
            for step in one.steps.values()
        )
        yield f"### {one.title}\n\n{said(one.reason)}\n\n{table(('Step', 'Needed', 'Of'), steps)}"


def therapies_page() -> str:
    """Every therapy with its doses, effects and limits; the general ladder; the refractory rules."""
    known = therapies.therapies()
    rows = (
        (f"[{one.title}](#{anchor(one.title)})", one.group, one.drug_class, _adequate(one), _newest(id))
        for id, one in known.items()
    )
    lead = (
        "Doses, what makes a trial adequate, numbers needed to treat and to harm in both NeuPSIG editions as printed, "
        "and the limits of weak kidneys. UK and US limits stand side by side and are never averaged."
    )
    index = table(("Therapy", "Group", "Class", "Adequate trial", "Newest NNT"), rows)
    parts = [index, *_general(), *_refractory_rules(), *(_therapy(id, one) for id, one in known.items())]
    return page("Therapies", lead, parts)


def _adequate(one: Therapy) -> str:
    if one.adequate is None:
        return "not defined: never called failed"
    days, at = one.adequate.days, one.adequate.days_at_target
    parts = (bare(one.adequate.dose), bare(days), f"{bare(at)} at the dose" if at else "")
    return ", ".join(part for part in parts if part)


def _newest(id: str) -> str:
    numbers = (effect.nnt for effect in therapy_knowledge.effects(id).values())
    return next((bare(nnt) for nnt in numbers if nnt), "")


def _therapy(id: str, one: Therapy) -> str:
    dosing, adequate = one.dosing, one.adequate
    doses = labelled(
        (
            ("Id", f"`{id}` · {one.group} · class {one.drug_class} · {review_state(one)}"),
            ("What it is for", said(one.why)),
            ("Start", number(dosing.start)),
            ("Raise by", f"{number(dosing.step)} every {number(dosing.step_days)}" if dosing.step else ""),
            ("Target", number(dosing.target)),
            ("Maximum", number(dosing.maximum)),
            ("For the old and those who fall", f"start {number(dosing.gently.start)}" if dosing.gently else ""),
            ("In the day", said(dosing.frequency)),
            ("How", said(dosing.how)),
            ("In pregnancy", said(one.pregnancy)),
            ("In breast-feeding", said(one.breastfeeding)),
            ("Adequate dose", number(adequate.dose) if adequate else ""),
            ("Adequate time", number(adequate.days) if adequate else ""),
            ("Of which at the dose", number(adequate.days_at_target) if adequate else ""),
            ("Only for", ", ".join(f"`{name}`" for name in one.only_for)),
        )
    )
    effects = table(
        ("Edition", "NNT", "NNH", "Line"),
        (
            (source(edition), bare(effect.nnt), bare(effect.nnh), said(effect.line))
            for edition, effect in therapy_knowledge.effects(id).items()
        ),
    )
    renal = table(
        ("Renal limit", "Clearance below", "At most", "Start", "Source"),
        (
            (
                ", ".join((limit.jurisdiction or "everywhere", *(f"`{name}`" for name in limit.conditions))),
                bare(limit.below),
                _at_most(limit),
                bare(limit.start),
                ", ".join(source(id) for id in evidence.cite(limit)),
            )
            for limit in one.renal
        ),
    )
    age = bullets(
        (
            *(f"above {number(limit.above)}: at most {number(limit.maximum)}" for limit in one.age),
            *(
                f"{', '.join(part for part in (limit.reads, limit.jurisdiction or '') if part)}: "
                f"at most {number(limit.maximum)}"
                for limit in one.limits
            ),
        )
    )
    against = bullets(f"{why.level}, when {criterion(why.when)}: {said(why)}" for why in therapy_knowledge.against(id))
    not_for = bullets(
        f"{why.level}, in {', '.join(f'`{c}`' for c in why.conditions)}: {said(why)}" for why in one.not_for
    )
    objections = "\n".join(part for part in (age, against, not_for) if part)
    spoken = f"What speaks against it:\n\n{objections}" if objections else ""
    return "\n\n".join(part for part in (f"## {one.title}", doses, effects, renal, spoken) if part)


def _at_most(limit: therapy_knowledge.RenalLimit) -> str:
    if limit.maximum is None:
        return "as usual"
    if not limit.maximum.value:
        return "to be avoided"
    return bare(limit.maximum) + (", below it in proportion" if limit.proportional else "")


def _general() -> Iterator[str]:
    general = therapy_knowledge.general()
    yield f"## The general ladder\n\n{_ladder(general.ladder)}\n\nPart of every plan: {_ids(general.multimodal)}."


def _ladder(ladder: Ladder) -> str:
    lines = {"first": ladder.first, "second": ladder.second, "third": ladder.third, "last": ladder.last}
    shown = "; ".join(f"{LINES[line].lower()}: {_ids(ids)}" for line, ids in lines.items() if ids)
    avoided = "; ".join(f"left out: `{one.therapy}`, {said(one.reason)}" for one in ladder.avoid)
    return ". ".join(part for part in (shown, said(ladder.reason), avoided) if part)


def _ids(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id}`" for id in ids)


def _refractory_rules() -> Iterator[str]:
    yield "## When pain counts as refractory\n\nTwo rules stand side by side; a payer's step rule stands apart."
    for id, one in refractory.rules().items():
        rows = (
            ("needed", f"{number(one.needed)}, of {_ids(one.of)}"),
            ("relief that counts as a response", number(one.response_percent)),
            ("each trial", number(one.trial_days) or "as the therapy itself says"),
            ("pain for", number(one.pain_days)),
            ("average pain at least", number(one.pain_nrs)),
        )
        yield f"### {one.title}\n\n`{id}`: {said(one.rule)}\n\n{table(('What', 'How much'), rows)}"
    payer = refractory.payer_rule()
    yield f"### {payer.title}\n\n{payer.jurisdiction}: {said(payer.rule)}"


def cautions_page() -> str:
    """Every caution by kind: when it arises, at which level, its boundary, what to do."""
    known = cautions.cautions()
    parts = [
        f"## {CAUTION_KINDS[kind].capitalize()}\n\n{_cautions_of({i: c for i, c in known.items() if c.kind == kind})}"
        for kind in KINDS
    ]
    lead = (
        f"The {len(known)} reasons to stop, to ask or to take note, screened for every patient. Red flags and suicide "
        "risk come first and override everything else. An unknown fact asks; it never stops and never clears."
    )
    return page("Cautions", lead, parts)


def _cautions_of(known: Mapping[str, Caution]) -> str:
    index = table(
        ("Caution", "Level", "When it arises", "Mark"),
        (
            (f"[{one.title}](#{anchor(one.title)})", _level(one), _when(one), MARKS[_worst(one)].strip() or "primary")
            for one in known.values()
        ),
    )
    return "\n\n".join([index, *(_caution(id, one) for id, one in known.items())])


def _caution(id: str, one: Caution) -> str:
    told = labelled(
        (
            ("Id", f"`{id}` · {_level(one)} · {review_state(one)}"),
            ("When", _when(one)),
            ("Not when", criterion(one.unless)),
            ("Asked only when", criterion(one.relevant_when)),
            ("Asked only for pain in", ", ".join(facts.vocabulary()["pain_site"].options[part] for part in one.parts)),
            ("If unknown", "" if one.ask_when_unknown else "not asked for by itself"),
            ("Why", said(one.reason)),
            ("What to do", said(one.action)),
            ("Others say", " ".join(said(other) for other in one.elsewhere)),
        )
    )
    return f"### {one.title}\n\n{told}"


def _level(one: Caution) -> str:
    return f"{one.level}, relative" if one.relative else one.level


def _when(one: Caution) -> str:
    if one.when is not None:
        return criterion(one.when)
    return "not known: " + ", ".join(facts.vocabulary()[id].says for id in one.needs)


def _worst(one: Caution) -> str:
    marks = [cited.checked for cited in evidence.citations(one)]
    return next((mark for mark in ("unchecked", "other-use", "secondary") if mark in marks), "primary")


PAGES = {"conditions.md": conditions_page, "therapies.md": therapies_page, "cautions.md": cautions_page}
