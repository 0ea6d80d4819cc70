"""Why a dose is not known, as it is raised while one is worked out."""

from __future__ import annotations


class Unclear(Exception):
    """Why the dose is not known. `final`: whatever else the record says of it, it stays unknown."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final
