"""What a session of a protocol is watched against: the usual limits, with those of its setting in their place.

A sign that the setting names, during or after the infusion, is checked as the setting says; every other as usual.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from unwound import protocols, session
from unwound.protocols.knowledge import Setting, Watch
from unwound.session import Check, Limit, Limits
from unwound.session.limits import MIN_PER_H, When, provenance
from unwound.session.signs import named


@cache
def limits(protocol: str) -> Limits:
    """The limits and checks of a session of this protocol. UnwoundError where there is no protocol of that name."""
    return of_setting(protocols.settings()[protocols.protocol(protocol).setting])


def of_setting(setting: Setting) -> Limits:
    """The usual limits and checks with a setting's own in their place."""
    usual = session.usual()
    own = tuple(_checks(setting))
    checks = (*_without(usual.checks, own), *own)
    return replace(usual.instead(limits=_limits(setting, usual)), checks=checks, after_min=setting.after.value)


def _limits(setting: Setting, usual: Limits) -> Iterator[Limit]:
    """Stop rules that are a limit on one sign, each in the place of the usual one on the same side."""
    for number, rule in enumerate(setting.stop_rules, start=1):
        limit = rule.when and session.limit_of(f"setting_{number}", rule.when, rule.does, rule.text.text)
        if limit:
            low = limit.below is not None
            same = (
                usual_limit.id
                for usual_limit in usual.limits
                if usual_limit.sign == limit.sign and (usual_limit.below is not None) == low
            )
            yield replace(limit, id=next(same, limit.id))


def _checks(setting: Setting) -> Iterator[Check]:
    for number, watch in enumerate(setting.watches, start=1):
        sources, checked = provenance(watch.every, watch.text)
        yield Check(
            id=f"setting_{number}",
            signs=named(watch.what),
            when=_phase(watch),
            every_min=watch.every.value if watch.every else None,
            since_min=watch.since.value * MIN_PER_H,
            until_min=watch.until.value * MIN_PER_H if watch.until else None,
            again_after_rise=watch.again_after_rise,
            says=watch.text.text,
            sources=sources,
            checked=checked,
        )


def _without(usual: Iterable[Check], own: Iterable[Check]) -> Iterator[Check]:
    """The usual checks that hold: of signs the setting does not name in that phase, of devices that sent, of depths."""
    named_by_setting = {(check.when, sign) for check in own for sign in check.signs}
    for check in usual:
        named = () if check.once_seen or check.while_beyond else named_by_setting
        signs = tuple(sign for sign in check.signs if (check.when, sign) not in named)
        if signs:
            yield replace(check, signs=signs)


def _phase(watch: Watch) -> When:
    return When.RECOVERY if watch.after else When.INFUSION
