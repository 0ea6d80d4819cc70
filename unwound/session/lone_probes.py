"""A probe that never said anything believed: what it shows may be true where nothing else tells of the patient.

A new probe that sends 0 beside a good pulse is not on the patient yet; alone, nobody knows, and somebody looks now.
Whatever comes later, what was to be looked at stays so: an alert never becomes calmer by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from unwound.session.alerts import Detected
from unwound.session.events import AlertKind
from unwound.session.readings import BELIEVED, SECOND, Channel, Readings
from unwound.session.signs import sign
from unwound.terms import Advice

ALONE = "Critical or artefact, and no other probe tells: look at the patient now, then check the probe."


def judged(detected: Iterable[Detected], readings: Readings, now_us: int) -> Iterator[Detected]:
    """The same episodes; the artefact of a probe that was never believed is a stop once nothing else was believed."""
    for episode in detected:
        alone = _may_be_true(episode, readings) and _is_alone(episode, readings, now_us)
        yield replace(episode, does=Advice.STOP, says=ALONE) if alone else episode


def _may_be_true(episode: Detected, readings: Readings) -> bool:
    """Whether a device sent a value that a patient may have, and nothing believed of the sign before."""
    own = readings.series.get(episode.channel)
    calm = episode.kind == AlertKind.IMPLAUSIBLE and episode.does == Advice.REVIEW and not episode.channel.by_hand
    if not calm or own is None or episode.beyond is None:
        return False
    before = own.at_us[np.isin(own.state, BELIEVED)]
    low, high = sign(episode.channel.sign).critical_range
    possible = (episode.beyond.value >= low) & (episode.beyond.value <= high)
    return bool(possible.any()) and not bool((before <= episode.since_us).any())


def _is_alone(episode: Detected, readings: Readings, now_us: int) -> bool:
    """Whether at any time, once it had lasted, nothing believed of the same sign, or of its family, was fresh."""
    begin = episode.since_us + round(sign(episode.channel.sign).waits_s * SECOND)
    end = now_us if episode.until_us is None else min(episode.until_us, now_us)
    reached = begin
    for since, until in _tells(episode.channel, readings):
        if since > reached:
            break
        reached = max(reached, until)
    return reached < end


def _tells(channel: Channel, readings: Readings) -> list[tuple[int, int]]:
    """From when to when something believed told how it is: from each value for as long as its sign says it holds."""
    own, stretches = sign(channel.sign), []
    for other, series in readings.series.items():
        measured = sign(other.sign)
        if other != channel and (other.sign == channel.sign or (own.family and measured.family == own.family)):
            holds_us = int(measured.gap.value * SECOND)
            stretches += [(int(at), int(at) + holds_us) for at in series.at_us[np.isin(series.state, BELIEVED)]]
    return sorted(stretches)
