"""What an infusion does: published models, solved exactly. `simulate(doses, subjects, model, times)` is the door."""

from unwound.pharmacology.dosing import Dose, repeat
from unwound.pharmacology.models import Model
from unwound.pharmacology.simulation import Curve, simulate
from unwound.pharmacology.subjects import Subjects, subject_of

__all__ = ["Curve", "Dose", "Model", "Subjects", "repeat", "simulate", "subject_of"]
