"""HL7 v2: a monitor's ORU message -> readings (`read`), its answer (`acknowledge`), and such a message (`write`)."""

from unwound.exchange.hl7v2.answering import acknowledge
from unwound.exchange.hl7v2.envelope import LIMIT_BYTES, Header, Separators, header
from unwound.exchange.hl7v2.framing import Frame, Framer, framed
from unwound.exchange.hl7v2.reading import Bed, Received, read
from unwound.exchange.hl7v2.writing import write

__all__ = [
    "LIMIT_BYTES",
    "Bed",
    "Frame",
    "Framer",
    "Header",
    "Received",
    "Separators",
    "acknowledge",
    "framed",
    "header",
    "read",
    "write",
]
