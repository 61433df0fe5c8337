"""A real browser for the tests of pages, with no line to the world."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import ViewportSize

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
SCREENS: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 360, "height": 740},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start this machine's browser; where there is none, tests that need one are skipped, but not in CI.

    It ends with each module: until then Playwright has an event loop in this thread, where other tests
    could not run one of their own.
    """
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        word = f"no browser: none of {', '.join(NAMES)} is installed (on Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(word)
        pytest.skip(word)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield launched
        launched.close()


class Opened:
    """A page in the browser, with all that it tried to do beyond showing itself.

    Attributes:
        page: The page.
        requests: The addresses that it asked for, its own left out.
        problems: What its console and its scripts complained of, and dialogs that it opened.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.problems: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.problems.append(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Any) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def shown(self) -> list[str]:
        """List the rows that can be seen, by their addresses."""
        script = "rows => rows.filter(row => row.checkVisibility()).map(row => row.id)"
        found: list[str] = self.page.locator(".row").evaluate_all(script)
        return found

    def width(self) -> int:
        """Measure how wide the page's content is."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth")
        return found


class Open(Protocol):
    """Opens pages."""

    def __call__(
        self, file: Path, *, screen: str = "desktop", scheme: Any = "light", script: bool = True, at: str = ""
    ) -> Any:
        """Open a file at an address within it; a context manager that gives what was opened."""
        ...


@pytest.fixture
def opened(browser: Browser) -> Open:
    """Open files in fresh profiles of the one browser, and hold that each asks for itself alone."""

    @contextmanager
    def open_file(
        file: Path, *, screen: str = "desktop", scheme: Any = "light", script: bool = True, at: str = ""
    ) -> Iterator[Opened]:
        size = SCREENS[screen]
        context = browser.new_context(
            viewport=size, color_scheme=scheme, java_script_enabled=script, reduced_motion="reduce"
        )
        try:
            seen = Opened(context.new_page())
            seen.page.goto(f"{file.resolve().as_uri()}{at}")
            yield seen
            assert all(address.startswith("file://") for address in seen.requests)
            assert seen.problems == []
        finally:
            context.close()

    return open_file
