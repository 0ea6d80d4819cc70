"""The address a request came from: what the proxies that this clinic trusts say, and of nobody else a word."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """The address of the client, «192.0.2.7»; empty where the connection has none.

    Read from the nearest proxy outwards: the first address that is no trusted proxy is the client's. What stands
    before it in `X-Forwarded-For` was written by the client and may say anything.
    """
    nearest = _read(request.META.get("REMOTE_ADDR", ""))
    for address in _outwards(request):
        if nearest is None or not _trusted(nearest):
            break
        nearest = address
    return str(nearest) if nearest else ""


def address_or_none(request: HttpRequest) -> str | None:
    """The same for a column of addresses, which holds no empty text."""
    return client_address(request) or None


def _outwards(request: HttpRequest) -> Iterator[Address]:
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = _read(hop)
        if address is None:
            return
        yield address


def _trusted(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _read(written: str) -> Address | None:
    """An address, also in brackets or with a port; one of IPv4 that was written as IPv6 is the same client."""
    text = written.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
