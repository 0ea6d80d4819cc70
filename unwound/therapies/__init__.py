"""What was tried, whether each trial was adequate, and what comes next: `ledger(patient)` and `next_steps(...)`."""

from unwound.therapies.adequacy import Case, needed_dose
from unwound.therapies.keeping import kept
from unwound.therapies.knowledge import Therapy, therapies, therapy_of
from unwound.therapies.ledger import Entry, Ledger, LedgerAgain, judged, ledger, step_therapy
from unwound.therapies.steps import Step, next_steps
from unwound.therapies.suits import Against
from unwound.therapies.too_high import TooHigh, too_high
from unwound.therapies.trials import Judged
from unwound.therapies.written_doses import impossible_dose

__all__ = [
    "Against",
    "Case",
    "Entry",
    "Judged",
    "Ledger",
    "LedgerAgain",
    "Step",
    "Therapy",
    "TooHigh",
    "impossible_dose",
    "judged",
    "kept",
    "ledger",
    "needed_dose",
    "next_steps",
    "step_therapy",
    "therapies",
    "therapy_of",
    "too_high",
]
