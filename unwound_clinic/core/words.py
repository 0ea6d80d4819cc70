"""Titles of the library's data for people: a protocol by its title."""

from __future__ import annotations

from unwound_clinic.core.template_words import register


@register.filter
def protocol_title(id: str) -> str:
    """The title of a protocol; its id where the library no longer has it."""
    from unwound.protocols import protocols

    protocol = protocols().get(id)
    return protocol.title if protocol else id
