"""Streams of a session with what is true in them, written down before any rule was changed: for `benchmarks/alerts.py`.

The first part are the streams that were played into the session by hand on 2026-11-21, rewritten; the second part are
ours. A truth says from which second somebody at the bedside would want to be called, how soon, for which signs, and how
gravely. What is not covered by a truth is false. All values are invented.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Points = Sequence[tuple[float, float | str]]
"""(minute, value): the value holds until the next; «off» is a sensor that is off, «gone» sends nothing.

«<70» is all that is known of a value.
"""

CALM: Mapping[str, float] = {"spo2": 97, "heart_rate": 72, "pulse_rate": 72, "respiratory_rate": 14, "etco2": 38}
CUFF: Mapping[str, float] = {"systolic": 122, "diastolic": 74, "mean_pressure": 90}
HAND: Mapping[str, float] = {"sedation": 0, "dissociation": 2, "pain": 5, "nausea": 0}
BASELINE: Mapping[str, float] = {
    "spo2": 97, "heart_rate": 72, "pulse_rate": 72, "respiratory_rate": 14, "systolic": 122, "diastolic": 74
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """From `at_s` on somebody must be called within `within_s` for one of the signs, at least as gravely as `does`.

    Alerts of these signs are true from `at_s` until a minute after `lasts_s` more.
    """

    at_s: float
    within_s: float
    signs: tuple[str, ...]
    lasts_s: float
    does: str = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream: what differs from a calm patient, what is true in it, and how many false calls are bearable."""

    name: str
    minutes: float
    parts: Mapping[str | tuple[str, str], Points] = field(default_factory=dict)
    """Sign, or sign and probe -> values in place of the calm ones."""
    truths: tuple[Truth, ...] = ()
    artefact: bool = False
    """Nothing but artefact: at most three false calls an hour are bearable; elsewhere one in all."""
    answers_s: tuple[float, ...] = ()
    """When everything open is acknowledged."""
    answers_after_s: float | None = None
    """How long an alert is open before it is acknowledged."""
    leaves_s: float | None = None
    at_most: int | None = None
    """Calls in all, true ones included: one event is one alert."""


def ramp(
    minute: float, to_minute: float, value: float, to_value: float, step_s: float = 5
) -> list[tuple[float, float]]:
    """A straight line as steps of whole numbers."""
    steps = max(int((to_minute - minute) * 60 / step_s), 1)
    return [
        (minute + (to_minute - minute) * n / steps, round(value + (to_value - value) * n / steps))
        for n in range(steps + 1)
    ]


def dips(
    value: float | str, lasts_s: float, every_s: float, minutes: float, back: float = 97
) -> list[tuple[float, float | str]]:
    """The same short dip again and again through so many minutes, the first after one interval; `back` between dips."""
    points: list[tuple[float, float | str]] = [(0, back)]
    second = every_s
    while second + lasts_s < minutes * 60:
        points += [(second / 60, value), ((second + lasts_s) / 60, back)]
        second += every_s
    return points


def both(signs: Iterable[str], points: Points) -> dict[str | tuple[str, str], Points]:
    """The same values of several signs."""
    return dict.fromkeys(signs, points)


def call(minute: float, within_s: float, signs: str, lasts_min: float, does: str = "stop") -> Truth:
    """From this minute on a call within so many seconds for one of the signs; it may go on for so many minutes."""
    return Truth(at_s=minute * 60, within_s=within_s, signs=tuple(signs.split()), lasts_s=lasts_min * 60, does=does)


BREATHING = "respiratory_rate etco2 spo2"
PULSE = "heart_rate pulse_rate"
PRESSURE = "systolic diastolic mean_pressure"

PLAYED: tuple[Stream, ...] = (
    Stream(name="quiet hour", minutes=60),
    Stream(
        name="worse after the acknowledgement: 88, then 71 for 20 min",
        minutes=35,
        parts={"spo2": [(0, 97), (10, 88), *ramp(12, 14, 88, 71)]},
        answers_s=(660,),
        truths=(call(10, 20, "spo2", 25), call(12.5, 25, "spo2", 25), call(14, 5, "spo2", 25)),
    ),
    Stream(
        name="cyclic desaturation to 80 for 20 s of every minute, acknowledged once",
        minutes=20,
        parts={"spo2": dips(80, 20, 60, 20)},
        answers_s=(100,),
        truths=(call(1, 20, "spo2", 20), call(4, 60, "spo2", 20)),
    ),
    Stream(
        name="probe off through an infusion, acknowledged once",
        minutes=40,
        parts={"spo2": [(0, 97), (5, "off")], "pulse_rate": [(0, 72), (5, "off")]},
        answers_s=(360,),
        truths=(call(5, 60, "spo2 pulse_rate", 40, "review"), call(12, 600, "spo2 pulse_rate", 40, "review")),
    ),
    Stream(
        name="asystole: ECG and pulse 0",
        minutes=8,
        parts=both(PULSE.split(), [(0, 72), (5, 0)]),
        truths=(call(5, 10, PULSE, 5),),
        at_most=1,
    ),
    Stream(
        name="saturation 58, then 36",
        minutes=8,
        parts={"spo2": [(0, 97), (5, 58), (6, 36)]},
        truths=(call(5, 5, "spo2", 5), call(6, 5, "spo2", 5)),
    ),
    Stream(
        name="apnoea of 2.5 min, the impedance counts the heart (72)",
        minutes=10,
        parts={
            "respiratory_rate": [(0, 14), (4, 72), (6.5, 14)],
            "etco2": [(0, 38), (4, 0), (6.5, 45)],
            "spo2": [(0, 97), *ramp(5.5, 6.5, 97, 88), *ramp(6.6, 7.2, 88, 96)],
        },
        truths=(call(4, 30, BREATHING, 4),),
    ),
    Stream(
        name="EtCO2 0 for 90 s",
        minutes=10,
        parts={"etco2": [(0, 38), (4, 0), (5.5, 38)]},
        truths=(call(4, 30, BREATHING, 2),),
        at_most=1,
    ),
    Stream(
        name="RR 0 for 60 s",
        minutes=10,
        parts={"respiratory_rate": [(0, 14), (4, 0), (5, 14)]},
        truths=(call(4, 30, BREATHING, 2),),
        at_most=1,
    ),
    Stream(
        name="EtCO2 64",
        minutes=15,
        parts={"etco2": [(0, 38), (5, 64)]},
        truths=(call(5, 90, "etco2 respiratory_rate", 15, "review"),),
        at_most=1,
    ),
    Stream(
        name="saturation sinks from 97 to 85 in 20 min",
        minutes=30,
        parts={"spo2": [(0, 97), *ramp(5, 25, 97, 85)]},
        truths=(call(11, 130, "spo2", 30, "review"), call(17.5, 60, "spo2", 30)),
    ),
    Stream(
        name="the respiratory rate is no longer sent; the nurse charts it by hand",
        minutes=30,
        parts={"respiratory_rate": [(0, 14), (5, "gone")], ("respiratory_rate", ""): [(0, 14), (15, 14)]},
        truths=(call(5, 180, "respiratory_rate", 30, "review"),),
    ),
    Stream(
        name="one cuff reading of 186/112",
        minutes=20,
        parts={
            "systolic": [(0, 122), (9, 186), (14, 126)],
            "diastolic": [(0, 74), (9, 112), (14, 78)],
            "mean_pressure": [(0, 90), (9, 137), (14, 94)],
        },
        truths=(call(10, 10, PRESSURE, 6),),
        at_most=1,
    ),
    Stream(
        name="bradycardia of 42",
        minutes=15,
        parts=both(PULSE.split(), [(0, 72), (5, 42)]),
        truths=(call(5, 30, PULSE, 15, "review"),),
        at_most=1,
    ),
    Stream(
        name="RASS -3",
        minutes=25,
        parts={("sedation", ""): [(0, 0), (10, -3)]},
        truths=(call(10, 10, "sedation", 25),),
        at_most=1,
    ),
    Stream(
        name="laryngospasm: 97 to 72 in a minute",
        minutes=10,
        parts={"spo2": [(0, 97), *ramp(5, 6, 97, 72)], "etco2": [(0, 38), (5, 0)]},
        truths=(call(5, 35, BREATHING, 10), call(5.7, 10, "spo2", 10)),
    ),
    Stream(
        name="agitated (RASS +3), then nausea 9",
        minutes=40,
        parts={("sedation", ""): [(0, 0), (10, 3), (20, 0)], ("nausea", ""): [(0, 0), (20, 9), (30, 2)]},
        truths=(call(10, 10, "sedation", 10, "review"), call(20, 10, "nausea", 10, "review")),
    ),
    Stream(
        name="sensor off for 3 min",
        minutes=15,
        parts={"spo2": [(0, 97), (5, "off"), (8, 97)], "pulse_rate": [(0, 72), (5, "off"), (8, 72)]},
        truths=(call(5, 60, "spo2 pulse_rate", 3, "review"),),
        at_most=1,
    ),
    Stream(
        name="cuff on the arm of the probe: off for 25 s every 5 min",
        minutes=120,
        parts={"spo2": dips("off", 25, 300, 120), "pulse_rate": dips("off", 25, 300, 120, 72)},
        artefact=True,
    ),
    Stream(
        name="cuff on the arm of the probe: 84 for 12 s every 5 min",
        minutes=60,
        parts={"spo2": dips(84, 12, 300, 60)},
        artefact=True,
    ),
    Stream(name="movement: 84 for 4 s every 3 min", minutes=120, parts={"spo2": dips(84, 4, 180, 120)}, artefact=True),
    Stream(
        name="hovering about 90: 89 and 90 by turns",
        minutes=30,
        parts={"spo2": [(0, 91), *((5 + n / 6, 89 + n % 2) for n in range(140))]},
        truths=(call(0, 90, "spo2", 30, "review"), call(5, 90, "spo2", 30)),
    ),
    Stream(
        name="monitor swapped; the old probe is silent, the new one is well",
        minutes=20,
        parts={"spo2": [(0, 97), (8, "gone")], ("spo2", "other"): [(0, "gone"), (8, 97)]},
        truths=(call(8, 180, "spo2", 20, "review"),),
        at_most=1,
    ),
    Stream(
        name="two monitors of one bed, both well",
        minutes=20,
        parts={("spo2", "other"): [(0, 97)], ("heart_rate", "other"): [(0, 72)]},
    ),
    Stream(
        name="two monitors of one bed, bradycardia of 40",
        minutes=15,
        parts={
            sign: [(0, 72), (5, 40)]
            for sign in ("heart_rate", ("heart_rate", "other"), "pulse_rate", ("pulse_rate", "other"))
        },
        truths=(call(5, 30, PULSE, 15, "review"),),
        at_most=1,
    ),
    Stream(
        name="the patient left, the monitor runs on and its sensor is off",
        minutes=30,
        parts={"spo2": [(0, 97), (21, "off")], "pulse_rate": [(0, 72), (21, "off")]},
        leaves_s=1200,
    ),
    Stream(
        name="pulse 36 beside an ECG of 72",
        minutes=15,
        parts={"pulse_rate": [(0, 72), (5, 36)]},
        truths=(call(5, 30, PULSE, 15, "review"),),
        at_most=1,
    ),
    Stream(
        name="ECG 152 beside a pulse of 75",
        minutes=15,
        parts={"heart_rate": [(0, 72), (5, 152)], "pulse_rate": [(0, 75)]},
        truths=(call(5, 30, PULSE, 15, "review"),),
        at_most=1,
    ),
    Stream(
        name="mean pressure alone 52",
        minutes=25,
        parts={"systolic": [(0, 122)], "mean_pressure": [(0, 90), (9, 52)]},
        truths=(call(10, 10, PRESSURE, 25, "review"),),
        at_most=1,
    ),
    Stream(
        name="temperature 39.6",
        minutes=15,
        parts={"temperature": [(0, 36.8), (5, 39.6)]},
        truths=(call(5, 60, "temperature", 15, "review"),),
        at_most=1,
    ),
)

OWN: tuple[Stream, ...] = (
    Stream(
        name="own 1: one point an answer: 89 acknowledged, then a point lower every 2 min to 78",
        minutes=35,
        parts={"spo2": [(0, 97), *((5 + 2 * n, 89 - n) for n in range(12))]},
        answers_s=(330,),
        truths=(call(5, 25, "spo2", 35), call(11, 20, "spo2", 35), call(25, 10, "spo2", 35)),
    ),
    Stream(
        name="own 2: true dips to 74 for 10 s, three in ten minutes",
        minutes=15,
        parts={"spo2": [(0, 97), (4, 74), (4.17, 97), (7, 74), (7.17, 97), (10, 74), (10.17, 97)]},
        answers_after_s=30,
        truths=(call(4, 10, "spo2", 0.5), call(7, 10, "spo2", 0.5), call(10, 10, "spo2", 0.5)),
    ),
    Stream(
        name="own 3: breathing slows from 14 to 5 in ten minutes, oxygen keeps the saturation at 98",
        minutes=20,
        parts={
            "respiratory_rate": [(0, 14), *ramp(4, 14, 14, 5)],
            "etco2": [(0, 38), *ramp(4, 14, 38, 62)],
            "spo2": [(0, 98)],
        },
        truths=(call(9.5, 120, "etco2 respiratory_rate", 20, "review"), call(11.2, 60, BREATHING, 20)),
    ),
    Stream(
        name="own 4: the cannula slips: EtCO2 0 for 6 s now and then, RR steady",
        minutes=60,
        parts={"etco2": dips(0, 6, 240, 60, 38)},
        artefact=True,
    ),
    Stream(
        name="own 5: shivering: SpO2 82 to 88 for 5 s every 70 s",
        minutes=60,
        parts={"spo2": dips(86, 5, 70, 60)},
        artefact=True,
    ),
    Stream(
        name="own 6: EtCO2 0 acknowledged as «cannula», and it stays 0",
        minutes=20,
        parts={"etco2": [(0, 38), (5, 0)]},
        answers_s=(360,),
        truths=(call(5, 30, BREATHING, 20), call(7, 120, BREATHING, 20)),
    ),
    Stream(
        name="own 7: heart rate 72, 44, 0 on the ECG, pulse the same",
        minutes=10,
        parts=both(PULSE.split(), [(0, 72), (4, 44), (5, 0)]),
        answers_s=(280,),
        truths=(call(4, 30, PULSE, 10, "review"), call(5, 10, PULSE, 10)),
    ),
    Stream(
        name="own 8: systolic 184 acknowledged, then 212",
        minutes=30,
        parts={"systolic": [(0, 122), (9, 184), (14, 212)], "diastolic": [(0, 74), (9, 90), (14, 96)]},
        answers_s=(660,),
        truths=(call(10, 10, PRESSURE, 30), call(15, 10, PRESSURE, 30)),
    ),
    Stream(
        name="own 9: finger probe off while the ear probe falls to 78",
        minutes=15,
        parts={"spo2": [(0, 97), (5, "off")], ("spo2", "ear"): [(0, 97), (6, 78)]},
        answers_s=(350,),
        truths=(call(5, 60, "spo2", 1, "review"), call(6, 10, "spo2", 15)),
    ),
    Stream(
        name="own 10: SpO2 87, the probe is taken off, and comes back with 87",
        minutes=15,
        parts={"spo2": [(0, 97), (5, 87), (6, "off"), (6.3, 87)]},
        answers_s=(350,),
        truths=(call(5, 25, "spo2", 15), call(8, 120, "spo2", 15)),
    ),
    Stream(
        name="own 11: sedation -2 acknowledged, then -4",
        minutes=35,
        parts={("sedation", ""): [(0, 0), (10, -2), (20, -4)]},
        answers_s=(660,),
        truths=(call(10, 10, "sedation", 35, "review"), call(20, 10, "sedation", 35)),
    ),
    Stream(
        name="own 12: a monitor that sends once a minute: 85 for five minutes, acknowledged after one",
        minutes=15,
        parts={"spo2": [(0, 97), (5, 85), (10, 97)]},
        answers_s=(360,),
        truths=(call(5, 25, "spo2", 6), call(8, 60, "spo2", 6)),
    ),
    Stream(
        name="own 13: temperature creeps from 36.8 to 37.9",
        minutes=60,
        parts={"temperature": [(0, 36.8), (20, 37.2), (40, 37.6), (50, 37.9)]},
    ),
    Stream(
        name="own 14: moving about, 76 for 3 s once an hour: nobody can tell, so it calls",
        minutes=60,
        parts={"spo2": [(0, 97), (30, 76), (30.05, 97)]},
        truths=(call(30, 10, "spo2", 0.1),),
        at_most=1,
    ),
)

LATER: tuple[Stream, ...] = (
    Stream(
        name="later 1: obstructed, the chest still moves: EtCO2 shrinks to 20, SpO2 falls to 86 after three minutes",
        minutes=20,
        parts={"etco2": [(0, 38), (5, 20)], "spo2": [(0, 97), *ramp(8, 10, 97, 86)]},
        truths=(call(9.3, 40, "spo2", 20),),
    ),
    Stream(
        name="later 2: periodic breathing: no breath for 25 s of every two minutes, SpO2 stays",
        minutes=12,
        parts={
            "etco2": [(0, 38), *((m + s, v) for m in (4, 6, 8) for s, v in ((0, 0), (0.42, 40)))],
            "respiratory_rate": [(0, 14), *((m + s, v) for m in (4, 6, 8) for s, v in ((0, 0), (0.42, 12)))],
        },
        truths=(call(4, 30, BREATHING, 8),),
    ),
    Stream(
        name="later 3: emergence: RASS +3 at 10 min, ECG and pulse 156 from 11 min",
        minutes=25,
        parts={
            ("sedation", ""): [(0, 0), (10, 3)],
            "heart_rate": [(0, 72), (11, 156)],
            "pulse_rate": [(0, 72), (11, 156)],
        },
        truths=(call(10, 10, "sedation", 15, "review"), call(11, 30, PULSE, 15, "review")),
    ),
    Stream(
        name="later 4: pressure rises in steps: 150, 165, 178, 186",
        minutes=40,
        parts={"systolic": [(0, 122), (4, 150), (9, 165), (14, 178), (19, 186)]},
        truths=(call(4, 1000, PRESSURE, 40, "review"), call(20, 10, PRESSURE, 30)),
    ),
    Stream(
        name="later 5: saturation wavers from 93 to 96, nothing else",
        minutes=60,
        parts={"spo2": [(0, 95), *((1 + n / 4, 93 + n * 7 % 4) for n in range(236))]},
    ),
    Stream(
        name="later 6: fainting: 72 to 36 in half a minute for 90 s, the cuff then reads 78/40",
        minutes=15,
        parts=both(PULSE.split(), [(0, 72), *ramp(5, 5.5, 72, 36), (7, 60)])
        | {
            "systolic": [(0, 122), (5.5, 78), (11, 110)],
            "diastolic": [(0, 74), (5.5, 40), (11, 66)],
            "mean_pressure": [(0, 90), (5.5, 53), (11, 80)],
        },
        truths=(call(5.4, 30, PULSE, 3, "review"), call(10, 10, PRESSURE, 6, "review")),
    ),
    Stream(
        name="later 7: the monitor sends nothing for five minutes, then all is well",
        minutes=20,
        parts=both(CALM, [(0, "gone")])
        | {sign: [(0, value), (5, "gone"), (10, value)] for sign, value in CALM.items()},
        truths=(call(5, 180, "spo2 heart_rate pulse_rate respiratory_rate etco2", 6, "review"),),
    ),
    Stream(
        name="later 8: a loose clip: off for 3 s of every minute",
        minutes=60,
        parts={"spo2": dips("off", 3, 60, 60), "pulse_rate": dips("off", 3, 60, 60, 72)},
        artefact=True,
    ),
    Stream(
        name="later 9: RR 6 acknowledged, recovers to 12 for three minutes, then 6 again",
        minutes=20,
        parts={"respiratory_rate": [(0, 14), (5, 6), (8, 12), (11, 6)]},
        answers_s=(360,),
        truths=(call(5, 60, BREATHING, 3), call(11, 60, BREATHING, 10)),
    ),
    Stream(
        name="later 10: the cuff lowers it to 84 for 12 s, and it comes back only to 87",
        minutes=12,
        parts={"spo2": [(0, 97), (5, 84), (5.2, 87)]},
        truths=(call(5, 25, "spo2", 10),),
    ),
    Stream(
        name="later 11: the finger probe is taken off for good, the ear probe goes on 20 s later and is well",
        minutes=15,
        parts={"spo2": [(0, 97), (5, "gone")], ("spo2", "ear"): [(0, "gone"), (5.33, 97)]},
    ),
    Stream(
        name="later 12: EtCO2 54 for 10 s while talking, six times an hour",
        minutes=60,
        parts={"etco2": dips(54, 10, 600, 60, 38)},
        artefact=True,
    ),
    Stream(
        name="later 13: nobody answers: SpO2 82 from 5 min on",
        minutes=12,
        parts={"spo2": [(0, 97), *ramp(5, 5.5, 97, 82)]},
        truths=(call(5.3, 25, "spo2", 10),),
        at_most=1,
    ),
)
"""Written after the rules, by somebody who had no part in them, and before they were run on these.

Two calls came that these truths do not cover; they stand as they were written. The fall of five points warns at 92 %,
18 s before the limit (later 1): the patient is obstructed by then, and whoever stands there wants to know, so the
benchmark calls it early. One call for a probe that went although another is well (later 11) tells nobody anything new,
and is false; the stream of the swapped monitor above wants just this call, as nobody can see from a silence whether a
monitor was exchanged or failed. Once for a probe is borne.
"""

ANEW: tuple[Stream, ...] = (
    Stream(
        name="anew 1: the monitor writes «<70» for three minutes and no number",
        minutes=12,
        parts={"spo2": [(0, 97), (5, "<70"), (8, 96)]},
        truths=(call(5, 10, "spo2", 4),),
        at_most=1,
    ),
    Stream(
        name="anew 2: the probe is silent for six minutes and comes back with 36, which stays",
        minutes=18,
        parts={"spo2": [(0, 97), (5, "gone"), (11, 36), (16, 96)]},
        truths=(call(5, 180, "spo2", 6, "review"), call(11, 25, "spo2", 6)),
    ),
    Stream(
        name="anew 3: a cold finger: the probe finds nothing for 10 s of every two minutes",
        minutes=60,
        parts={"spo2": dips("off", 10, 120, 60), "pulse_rate": dips("off", 10, 120, 60, 72)},
        artefact=True,
    ),
    Stream(
        name="anew 4: pressure sinks from cuff to cuff: 122, 104, 92, 78 with a mean of 54",
        minutes=24,
        parts={
            "systolic": [(0, 122), (4, 104), (9, 92), (14, 78)],
            "diastolic": [(0, 74), (4, 62), (9, 52), (14, 42)],
            "mean_pressure": [(0, 90), (4, 76), (9, 65), (14, 54)],
        },
        truths=(call(10, 10, PRESSURE, 20, "review"), call(15, 10, PRESSURE, 15, "review")),
    ),
    Stream(
        name="anew 5: heart rate climbs from 72 to 128 in twenty minutes",
        minutes=30,
        parts=both(PULSE.split(), [(0, 72), *ramp(5, 25, 72, 128)]),
        truths=(call(10.2, 600, PULSE, 30, "review"),),
    ),
    Stream(
        name="anew 6: breathing through the mouth: EtCO2 wanders from 18 to 30, RR and saturation steady",
        minutes=60,
        parts={"etco2": [(0, 38), *((5 + n / 2, 18 + (n * 7) % 13) for n in range(110))]},
        artefact=True,
    ),
    Stream(
        name="anew 7: moving about, the impedance counts 4 for 8 s every five minutes",
        minutes=60,
        parts={"respiratory_rate": dips(4, 8, 300, 60, 14)},
        artefact=True,
    ),
    Stream(
        name="anew 8: everything is unplugged for three minutes, then the saturation is 86",
        minutes=18,
        parts={
            **both(("heart_rate", "pulse_rate", "respiratory_rate"), [(0, 72), (5, "gone"), (8, 72)]),
            "respiratory_rate": [(0, 14), (5, "gone"), (8, 14)],
            "etco2": [(0, 38), (5, "gone"), (8, 38)],
            "spo2": [(0, 97), (5, "gone"), (8, 86)],
        },
        truths=(
            call(5, 180, f"{BREATHING} {PULSE}", 4, "review"),
            call(8, 25, "spo2", 10),
        ),
    ),
    Stream(
        name="anew 9: a seizure: 97 to 60 in 20 s, heart rate 165, over after 90 s",
        minutes=14,
        parts={
            "spo2": [(0, 97), *ramp(5, 5.33, 97, 60), *ramp(6.5, 7, 60, 96)],
            **both(PULSE.split(), [(0, 72), (5, 165), (6.5, 110), (8, 80)]),
        },
        truths=(call(5.17, 20, "spo2", 3), call(5, 60, f"{PULSE} spo2", 4, "review")),
    ),
    Stream(
        name="anew 10: vomited: 96 to 88 for five minutes, then it stays at 91",
        minutes=20,
        parts={"spo2": [(0, 97), (4, 96), (5, 88), (10, 91)]},
        truths=(call(5, 30, "spo2", 15),),
    ),
    Stream(
        name="anew 11: muscles on the ECG: 210 for 6 s every four minutes, the pulse steady",
        minutes=60,
        parts={"heart_rate": dips(210, 6, 240, 60, 72)},
        artefact=True,
    ),
    Stream(
        name="anew 12: the temperature probe falls off: 36.8, then 27",
        minutes=20,
        parts={"temperature": [(0, 36.8), (5, 27)]},
        truths=(call(5, 300, "temperature", 20, "review"),),
        at_most=1,
    ),
    Stream(name="anew 13: a monitor that writes «>99» for a full saturation", minutes=60, parts={"spo2": [(0, ">99")]}),
)
"""Written down before they were played, after bounds and values that stay unbelieved had rules."""

STREAMS = (*PLAYED, *OWN, *LATER, *ANEW)
