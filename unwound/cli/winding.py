"""`unwound windup`: a train of C-fibre volleys on the model cell, under ketamine, an opioid or nerve injury."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from unwound.cli.printing import print_json, went_well
from unwound.record import UnwoundError

if TYPE_CHECKING:
    from unwound.mechanism import WindUp

# The numerical parts take a second to import, so they are imported when the command runs and not before.

OUT = click.Path(path_type=Path)
DIGITS = 3
"""Of what is printed in JSON after the point; means of whole spikes have no more."""


@click.command()
@click.option("--frequency-hz", type=float, help="Stimuli in a second; 1 without it.")
@click.option("--stimuli", type=int, help="How many; 16 without it.")
@click.option("--ketamine-um", type=float, help="Free racemic ketamine at the channel, µmol/L.")
@click.option(
    "--protocol", "protocol_id", metavar="ID", help="Ketamine from the plasma of a simulated protocol instead."
)
@click.option("--at-h", type=float, help="At this hour of the protocol.")
@click.option("--weight-kg", metavar="KG", help="Body weight, for a protocol. Never assumed.")
@click.option("--nmda", type=float, help="Share of NMDA conductance left, 0 to 1.")
@click.option("--nk1", type=float, help="Share of the slow neurokinin response left, 0 to 1.")
@click.option("--gaba", type=float, help="Share of inhibition left, 0 to 1.")
@click.option("--opioid-release", type=float, help="Share of transmitter release that a mu-opioid leaves, 0 to 1.")
@click.option("--opioid-relief", is_flag=True, help="Hypothesis: firing lifts the opioid's hold on release.")
@click.option("--gabapentinoid", is_flag=True, help="A gabapentinoid; the size of its action is a hypothesis.")
@click.option("--injury", is_flag=True, help="After nerve injury.")
@click.option("--seeds", type=int, help="Cells of the ensemble; 20 without it.")
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
@click.option("--plot", type=OUT, help="Write a picture: .svg, .png or .html.")
def windup(
    protocol_id: str | None,
    at_h: float | None,
    weight_kg: str | None,
    wants_json: bool,
    plot: Path | None,
    **asked: Any,
) -> None:
    """Wind-up of a model cell of the dorsal horn: spikes after each stimulus of a train, and what blocks it.

    A model, not anybody's spinal cord: it says how wind-up works, not what a patient will feel.
    """
    if wants_json and plot is not None:
        raise click.UsageError("--json and --plot exclude each other: choose one")
    if plot is not None:
        from unwound.plots import saving

        saving.checked(plot)
    amounts = _amounts(protocol_id, at_h, weight_kg, asked.pop("ketamine_um"))
    from unwound import mechanism

    results = mechanism.over_concentrations(amounts, **asked)
    plain = mechanism.windup(frequency_hz=asked["frequency_hz"], stimuli=asked["stimuli"], seeds=asked["seeds"])
    if plot is not None:
        from unwound import plots

        plots.save(plots.wind_up({"the cell as it is": plain, _named(results[0]): results[0]}), plot)
        went_well(f"written: {plot}")
    if wants_json:
        print_json(_as_json(results, plain))
    else:
        click.echo("\n".join(_lines(results, plain)))


def _amounts(
    protocol_id: str | None, at_h: float | None, weight_kg: str | None, ketamine_um: float | None
) -> list[float]:
    """Free ketamine as it was given; of a protocol at its usual free share, then at its most where that differs."""
    if protocol_id is None:
        if at_h is not None or weight_kg is not None:
            raise click.UsageError("--at-h and --weight-kg belong to --protocol ID")
        return [0.0 if ketamine_um is None else ketamine_um]
    if ketamine_um is not None:
        raise click.UsageError("name the ketamine once: either --ketamine-um or --protocol ID")
    if at_h is None:
        raise click.UsageError("--protocol needs the hour: give --at-h")
    return _of_protocol(protocol_id, at_h, weight_kg)


def _of_protocol(protocol_id: str, at_h: float, weight_kg: str | None) -> list[float]:
    import numpy as np

    from unwound import protocols
    from unwound.cli import courses
    from unwound.pharmacology import Subjects, effects, simulate
    from unwound.protocols.comparison import MODELS

    weight = courses.weights(weight_kg, several=False)
    if not isinstance(weight, float):
        raise UnwoundError(courses.NO_WEIGHT)
    doses, drug = protocols.doses(protocol_id, weight), protocols.protocol(protocol_id).drug
    last = max(dose.end_h for dose in doses) + courses.SHOWN_WEEKS * courses.WEEK_H
    if not 0 <= at_h <= last:
        raise UnwoundError(f"--at-h {at_h:g}: an hour from 0 to {last:g} is needed")
    plasma = simulate(doses, Subjects(np.array([weight])), MODELS[drug], [at_h]).plasma
    usual, _, most = (float(amount.item()) for amount in effects.free_racemic_um(plasma, drug))
    return list(dict.fromkeys((usual, most)))


def _named(result: WindUp) -> str:
    """What was done, in few words."""
    conditions = result.conditions
    left = {"NMDA": conditions.nmda, "NK1": conditions.nk1, "inhibition": conditions.gaba}
    opioid = f"opioid leaving {conditions.opioid_release:.0%} of release" if conditions.opioid_release < 1 else ""
    parts = [
        "nerve injury" if conditions.injury else "",
        f"ketamine {conditions.ketamine_um:.2g} µmol/L free" if conditions.ketamine_um else "",
        *(f"{name} at {share:.0%}" for name, share in left.items() if share < 1),
        f"{opioid}, lifted by firing (hypothesis)" if opioid and conditions.opioid_relief else opioid,
        "gabapentinoid" if conditions.gabapentinoid else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing changed"


def _as_json(results: tuple[WindUp, ...], plain: WindUp) -> dict[str, Any]:
    from dataclasses import asdict

    from unwound import mechanism
    from unwound.evidence import cite
    from unwound.mechanism import knowledge

    known = (knowledge.mechanism(knowledge.CELL), knowledge.mechanism(knowledge.TRAIN))
    return {
        "conditions": asdict(results[0].conditions),
        "seeds": len(plain.counts),
        **_numbers(results[0]),
        "at_most_free": _numbers(results[1]) if len(results) > 1 else None,
        "cell_as_it_is": _numbers(plain),
        "is": mechanism.SAID,
        "sources": list(cite(known)),
    }


def _numbers(result: WindUp) -> dict[str, Any]:
    def rounded(values: tuple[float, ...]) -> list[float]:
        return [round(entry, DIGITS) for entry in values]

    return {
        "ketamine_um": round(result.conditions.ketamine_um, 4),
        "spikes_per_stimulus": rounded(result.spikes_per_stimulus),
        "low": rounded(result.low),
        "high": rounded(result.high),
        "input": round(result.input, DIGITS),
        "windup": round(result.windup, DIGITS),
        "post_discharge": round(result.post_discharge, DIGITS),
        "late_window_ms": [round(edge) for edge in result.late_window_ms],
        "ketamine_block": round(result.ketamine_block, 4),
    }


def _lines(results: tuple[WindUp, ...], plain: WindUp) -> list[str]:
    from unwound import mechanism

    conditions = plain.conditions
    head = f"{conditions.stimuli} stimuli at {conditions.frequency_hz:g} Hz, {len(plain.counts)} cells"
    lines = [f"{head}: spikes after each stimulus, the mean", ""]
    changed = results if _named(results[0]) != "nothing changed" else ()
    for name, result in [("the cell as it is", plain), *((_named(each), each) for each in changed)]:
        spikes = " ".join(f"{count:.0f}" for count in result.spikes_per_stimulus)
        block = f", NMDA blocked {result.ketamine_block:.0%}" if result.ketamine_block else ""
        lines += [
            f"{name}: {spikes}",
            f"  input {result.input:.0f}, wind-up {result.windup:.0f}, "
            f"post-discharge {result.post_discharge:.0f}{block}",
        ]
    if len(results) > 1:
        lines += ["", "Two lines of ketamine: at the usual and at the largest free share of plasma."]
    return [*lines, "", f"{mechanism.SAID} Wind-up is not pain."]
