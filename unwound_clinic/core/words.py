"""Names of the library's things for people: a protocol by its title."""

from __future__ import annotations

from unwound_clinic.core.template_words import register


@register.filter
def protocol_title(id: str) -> str:
    """The title of a protocol; its id when the library no longer has it."""
    from unwound.protocols import protocols

    found = protocols().get(id)
    return found.title if found else id
