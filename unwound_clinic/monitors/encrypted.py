"""The line of a monitor under TLS: certificates of both sides, read once, with what is wrong in words."""

from __future__ import annotations

import ssl
from pathlib import Path

from unwound.record import UnwoundError

HANDSHAKE_WITHIN_S = 10


def of_listener(certificate: Path, key: Path | None, monitors: Path | None) -> ssl.SSLContext:
    """How a listener shows who it is (PEM), TLS 1.2 or newer; with `monitors` only a line whose certificate that
    authority signed is heard. UnwoundError names the file that cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _show(context, certificate, key)
    if monitors is not None:
        _trust(context, monitors)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def of_monitor(listener: Path, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """How a simulated monitor knows its listener, by the certificate or its authority, and shows who it is itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _trust(context, listener)
    if certificate is not None:
        _show(context, certificate, key)
    return context


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        # Without a password the key would ask for one at the terminal, where nobody sits.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except FileNotFoundError:
        missing = next(file for file in (certificate, key) if file is not None and not file.exists())
        raise UnwoundError(f"{missing}: there is no such file") from None
    except PermissionError:
        raise UnwoundError(f"{key or certificate}: may not be read by the account that listens") from None
    except (ssl.SSLError, ValueError) as reason:
        other = "KEY_VALUES_MISMATCH" in str(reason)
        why = "the key is of another certificate" if other else "not in PEM, without its key, or the key has a password"
        raise UnwoundError(f"{certificate}{f', {key}' if key else ''}: {why}") from None


def _trust(context: ssl.SSLContext, authority: Path) -> None:
    try:
        context.load_verify_locations(authority)
    except FileNotFoundError:
        raise UnwoundError(f"{authority}: there is no such file") from None
    except (ssl.SSLError, OSError):
        raise UnwoundError(f"{authority}: holds no certificate in PEM that can be read") from None
