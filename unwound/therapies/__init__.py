"""What was tried, whether it was really tried, and what comes next: `ledger(patient)` and `next_steps(...)`."""

from unwound.therapies.knowledge import Therapy, therapies, therapy_of
from unwound.therapies.ledger import Entry, Ledger, ledger, step_therapy
from unwound.therapies.steps import Step, next_steps
from unwound.therapies.suits import Against

__all__ = [
    "Against",
    "Entry",
    "Ledger",
    "Step",
    "Therapy",
    "ledger",
    "next_steps",
    "step_therapy",
    "therapies",
    "therapy_of",
]
