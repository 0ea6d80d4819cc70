"""Addresses that are given away: whether a patient's own telephone can open them, and as a picture to scan."""

from __future__ import annotations

import base64
import ipaddress
from urllib.parse import urlsplit

import qrcode
from django.conf import settings
from django.http import HttpRequest
from qrcode.image.svg import SvgPathImage

_HERE = ("localhost", "localhost.localdomain", "ip6-localhost")
_NEAR = (".local", ".lan", ".internal", ".home", ".home.arpa", ".intranet", ".corp", ".localhost", ".test", ".invalid")
"""Ends of names that only one network knows, or none."""


def address(request: HttpRequest, path: str) -> str:
    """The whole address of a page for somebody outside: under the clinic's public address, if it has one."""
    return f"{settings.ADDRESS}{path}" if settings.ADDRESS else request.build_absolute_uri(path)


def fault(url: str) -> str:
    """Why nobody outside should be given this address, as a sentence; empty where they can be.

    Four kinds: it names this machine, only the clinic's own network knows it, it is not encrypted, it is none.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        host = ""
    if not host:
        return "It is no address of the web."
    if _is_here(host):
        return "It names this machine: on a patient's own telephone it opens nothing."
    if _is_near(host):
        return "Only the clinic's own network knows it: at the patient's home it opens nothing."
    return "" if parts.scheme == "https" else "It is not encrypted: others on the way could read the answers."


def _number(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_here(host: str) -> bool:
    number = _number(host)
    mapped = getattr(number, "ipv4_mapped", None) or number
    return host in _HERE or (mapped is not None and (mapped.is_loopback or mapped.is_unspecified))


def _is_near(host: str) -> bool:
    number = _number(host)
    mapped = getattr(number, "ipv4_mapped", None) or number
    if mapped is not None:
        return not mapped.is_global
    return "." not in host or host.endswith(_NEAR) or host.replace(".", "").isdigit()


def picture(url: str) -> str:
    """The address as a QR code, to be the source of a picture."""
    drawn = qrcode.make(url, image_factory=SvgPathImage, border=3).to_string()
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
