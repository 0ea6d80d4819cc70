"""What every page must be, whoever looks at it."""

from __future__ import annotations

from playwright.sync_api import Page


def fits(page: Page) -> None:
    """No page is wider than its screen (a phone would shrink it instead of telling)."""
    assert page.viewport_size is not None
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"], f"{page.url} is {width} wide"
