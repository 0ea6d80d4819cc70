"""Draw the pictures of the mechanism that the pages show: docs/pictures/mechanism-*.svg.

.venv/bin/python docs/mechanism_pictures.py

Look at them before you commit them; the numbers in the pages beside them stand in their descriptions.
"""

from __future__ import annotations

from pathlib import Path

from unwound import mechanism, plots
from unwound.mechanism import sensitivity

PICTURES = Path(__file__).parent / "pictures"
AMOUNTS = (0.1, 0.2, 0.3, 0.61, 0.9, 1.5, 3.0, 5.0, 10.0, 30.0)
CELLS = 100
WEIGHT_KG = 70.0


def main() -> None:
    """Draw and save all of them."""
    for name, chart in drawn().items():
        plots.save(chart, PICTURES / f"mechanism-{name}.svg")
        print(f"{name}: {chart['description']}")


def drawn() -> dict[str, plots.Chart]:
    """Every picture by its name."""
    windup, touch = mechanism.windup, mechanism.touch
    both = ("parvalbumin", "dynorphin")
    return {
        "wind-up": plots.wind_up(
            {
                "the cell as it is": windup(),
                "ketamine 3 µmol/L free": windup(ketamine_um=3),
                "without NMDA": windup(nmda=0),
            }
        ),
        "opioid": plots.wind_up(
            {
                "the cell as it is": windup(),
                "an opioid's ordinary action": windup(opioid_release=0.65),
                "lifted by firing: hypothesis": windup(opioid_release=0.65, opioid_relief=True),
            },
            "An opioid that leaves 65 % of release, in the model",
        ),
        "ketamine": plots.ketamine_curve(sensitivity.dose_curve(AMOUNTS, cells=sensitivity.drawn(CELLS))),
        "decides": plots.what_decides(sensitivity.sensitivity()),
        "touch": plots.touches(
            {
                "as it is": touch(),
                "inhibition at 40 %": touch(inhibition=0.4),
                "without parvalbumin and dynorphin cells": touch(ablated=both),
                "without excitatory cells": touch(ablated=("excitatory",)),
                "nerve injury": touch(injury=True),
                "nerve injury, ketamine 3 µmol/L free": touch(injury=True, ketamine_um=3),
            }
        ),
        "weeks": plots.slow_layer(plots.slow_courses(WEIGHT_KG)),
    }


if __name__ == "__main__":
    main()
