"""What every page must be, whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Error, Page

Answer = TypeVar("Answer")

#: What a browser says when the page that was asked is no longer there, or its document not yet.
GONE = ("documentElement", "context was destroyed", "because of a navigation", "Cannot find context")


def asked(page: Page, question: Callable[[Page], Answer]) -> Answer:
    """What the loaded page answers; a page that goes away under the question is asked again, at most five times.

    A tap has been taken when the next page is only on its way: on a busy machine a script then meets no document.
    """
    for left in reversed(range(5)):
        page.wait_for_load_state("load")
        try:
            return question(page)
        except Error as error:
            if not left or not any(words in error.message for words in GONE):
                raise
    raise AssertionError("unreachable")


def fits(page: Page) -> None:
    """No page is wider than its screen (a phone would shrink it instead of telling)."""
    assert page.viewport_size is not None
    width = asked(page, lambda page: page.evaluate("document.documentElement.scrollWidth"))
    assert width <= page.viewport_size["width"], f"{page.url} is {width} wide"
