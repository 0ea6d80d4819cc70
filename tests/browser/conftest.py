"""A real browser before a real server: the small clinic is running, people are logged in, pages are looked at.

page_as("nurse")               a page in which that person is logged in (`phone=True` for a phone)
visitor(phone=True)            a page of somebody without an account
axe(page)                      fails with what is not accessible on the page
look(page, "name")             keeps a screenshot in the folder UNWOUND_SCREENSHOTS, where that is set
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

sys.path += [str(Path(__file__).parents[1] / "clinic"), str(Path(__file__).parents[1] / "clinic/treatment")]

from looking import asked
from small_clinic import House, build

CHROMIUM = Path(os.environ.get("UNWOUND_CHROMIUM", "/usr/bin/chromium"))
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}

expect.set_options(timeout=20_000)  # a page that is right is right at once; a busy machine is waited for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where the browser itself fails (a time-out, a page that crashed), never an expectation, a test is tried again."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=r"^(Error|TimeoutError|TargetClosedError): "))


class PageAs(Protocol):
    """A page in which that person is logged in."""

    def __call__(self, role: str, *, phone: bool = False) -> Page:
        """The page, at the clinic's first address."""


@pytest.fixture(autouse=True)
def _plain(settings: Any) -> None:
    """No second factor and quick password hashes, except where a test says otherwise; counts of this process only."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    settings.MFA_REQUIRED = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests; each test opens contexts of its own."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: install the package «chromium» or set UNWOUND_CHROMIUM")
    # Playwright keeps an event loop in this thread; the tests' own queries in it make nobody wait.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()
    os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")


@pytest.fixture
def house(transactional_db: None) -> House:
    """The small clinic, as the server sees it."""
    return build()


@pytest.fixture
def contexts(browser: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """Opens browser contexts at the clinic; no script may have failed in one, nothing been blocked."""
    opened: list[BrowserContext] = []
    failed: list[str] = []

    def open_one(*, phone: bool = False, **options: Any) -> BrowserContext:
        shape = {"reduced_motion": "reduce", **(PHONE if phone else DESKTOP), **options}
        context = browser.new_context(base_url=live_server.url, **shape)
        context.set_default_timeout(20_000)
        context.set_default_navigation_timeout(60_000)  # the first chart of a process compiles the engine
        context.on("weberror", lambda error: failed.append(str(error.error)))
        context.on("console", lambda said: failed.append(said.text) if "Content Security Policy" in said.text else None)
        opened.append(context)
        return context

    yield open_one
    for context in opened:
        context.close()
    assert not failed, failed


@pytest.fixture
def visitor(contexts: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """A page of somebody without an account."""
    return lambda **options: contexts(**options).new_page()


@pytest.fixture
def page_as(contexts: Callable[..., BrowserContext], house: House) -> PageAs:
    """A page in which that person is logged in."""

    def logged_in(role: str, *, phone: bool = False) -> Page:
        context = contexts(phone=phone)
        session = house.client(role).cookies["sessionid"].value
        page = context.new_page()
        page.goto("/healthz", timeout=60_000)  # the first page of a server brings everything along
        context.add_cookies([{"name": "sessionid", "value": session, "url": page.url}])
        return page

    return logged_in


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Fails, naming rule and element, where a page is not accessible."""
    engine = Axe()

    def check(page: Page) -> None:
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
        found = asked(page, lambda page: engine.run(page, options=rules))
        said = [
            f"{one['id']}: {one['help']}\n    " + "\n    ".join(node["html"][:200] for node in one["nodes"][:5])
            for one in found.response["violations"]
        ]
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check


@pytest.fixture
def look(tmp_path: Path) -> Callable[..., Path]:
    """Keeps a screenshot under a name, where a folder for them is named: nobody looks at the others."""
    named = os.environ.get("UNWOUND_SCREENSHOTS")
    folder = Path(named or tmp_path)

    def keep(page: Page, name: str, *, whole: bool = True) -> Path:
        place = folder / f"{name}.png"
        if named:
            folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=place, full_page=whole, timeout=60_000)  # drawn by the processor, beside other tests
        return place

    return keep
