"""How the clinic sends mail, from one address: `smtp://user:password@host:587` or `smtps://…:465`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SMTP = "django.core.mail.backends.smtp.EmailBackend"
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
"""`smtp` asks for encryption (STARTTLS) and sends nothing without; `smtp+plain` is for a server on this machine."""
TIMEOUT_S = 20


def read(name: str, written: str) -> dict[str, Any]:
    """Django's settings for a mail server; ImproperlyConfigured, without the password, for what is none."""
    try:
        parts = urlsplit(written)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in PORTS or parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name}: the form is smtp://user:password@host:587, or smtps://, or smtp+plain://")
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_S,
    }


def is_set() -> bool:
    """Whether there is a mail server; without one mail is only put into the folder of the clinic."""
    return bool(settings.EMAIL_BACKEND == SMTP)
