"""The server's log holds no patient's link and no set-up key: what opens a page without an account is masked."""

from __future__ import annotations

import logging
import re

_LINK = re.compile(r"(/[icf]/)[^/\s?'\",)]+")
_KEY = re.compile(r"([?&;](?:key|token)=)[^&\s'\",)]+", re.IGNORECASE)
_BEARER = re.compile(r"(Bearer\s+)\S+", re.IGNORECASE)

_FORGED_HOST = "django.security.DisallowedHost"


def masked(text: str) -> str:
    """The text without the tokens of personal links, set-up keys and monitors' keys."""
    for pattern in (_LINK, _KEY, _BEARER):
        text = pattern.sub(r"\1[masked]", text)
    return text


class Masks(logging.Filter):
    """Masks every record before anything is written, also the lines of a traceback (ASVS 16.2.5)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True: every record is written, with its message masked."""
        if record.name == _FORGED_HOST:  # anybody can send them; where it was raised says nothing
            record.exc_info = record.exc_text = None
        record.msg, record.args = masked(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = masked(record.exc_text)
        return True
