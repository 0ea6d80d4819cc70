"""What may lie behind an alert beside the patient: only a hint, nothing is silenced or waits for it.

A cuff on the arm of the probe stops its pulse while it inflates: the pressure it measured comes a little after.
"""

from __future__ import annotations

from dataclasses import replace

from unwound.session.alerts import Alert
from unwound.session.events import AlertKind
from unwound.session.readings import SECOND, VALUE, Readings, us
from unwound.session.signs import sign
from unwound.session.together import Happening

KINDS = (AlertKind.LIMIT, AlertKind.SENSOR_OFF, AlertKind.TREND)


def hinted(happening: Happening, readings: Readings) -> Happening:
    """The same with its hint, where one of its alerts began while something else was measured that disturbs it."""
    hint = next((hint for alert in happening.alerts if (hint := _hint(alert, readings))), "")
    return replace(happening, hint=hint) if hint else happening


def _hint(alert: Alert, readings: Readings) -> str:
    """Never beside a value so low that nothing waits: there the patient comes first and no reason is looked for."""
    id = alert.episode.channel.sign
    disturbed = sign(id).disturbed if id else None
    if disturbed is None or alert.kind not in KINDS:
        return ""
    if alert.worst is not None and alert.worst < sign(id).at_once[0]:
        return ""
    since, within_us = us(alert.since), disturbed.within.value * SECOND
    for series in readings.of_sign(disturbed.by):
        times = series.at_us[series.state == VALUE]
        if bool(((times >= since) & (times <= since + within_us)).any()):
            return disturbed.text.text
    return ""
