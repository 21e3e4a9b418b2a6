"""A Chromium, and pages of nights of all sizes, from file:// and served. No test may make it ask for anything else."""
import contextlib
import functools
import http.server
import os
import pathlib
import threading

import pytest
from playwright.sync_api import Error, sync_playwright

WORK = pathlib.Path(__file__).resolve().parents[2] / "build" / "browser"
PAGES = WORK / "pages"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--no-first-run"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


def until(page, expression, arg=None):
    """Waits until the expression holds. Playwright's own wait evaluates it in the page, which the policy refuses."""
    for _ in range(1200):
        try:
            if page.evaluate(expression, arg):
                return
        except Error as error:  # between one page and the next there is none to ask
            if "context was destroyed" not in str(error):
                raise
        page.wait_for_timeout(50)
    raise AssertionError(f"never: {expression} of {arg}")


@pytest.fixture(scope="session")
def server():
    handler = functools.partial(Quiet, directory=PAGES)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as served:
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}"
        served.shutdown()


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as started:
        yield started


def launch(playwright, *arguments):
    return playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=[*ARGUMENTS, *arguments])


@pytest.fixture(scope="session")
def browser(playwright):
    started = launch(playwright)
    yield started
    started.close()


@pytest.fixture(params=["file", "served"])
def base(request, server):
    """Where the pages are: each test that takes this runs from file:// and from a server."""
    return PAGES.as_uri() if request.param == "file" else server


class Opener:
    """Opens pages, and keeps what went wrong in them and what they asked for."""

    def __init__(self, browser):
        self.browser, self.contexts, self.faults, self.requests, self.dialogs = browser, [], [], [], []

    def __call__(self, address, **options):
        if not options.get("no_viewport"):
            options.setdefault("viewport", {"width": 1400, "height": 900})
        context = self.browser.new_context(**options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        page.goto(address)
        return page


@contextlib.contextmanager
def opener_of(browser):
    opener = Opener(browser)
    yield opener
    for context in opener.contexts:
        context.close()
    assert not opener.faults and not opener.dialogs
    allowed = ("file:", "http://127.0.0.1:", "data:", "blob:")
    assert not [url for url in opener.requests if not url.startswith(allowed)]


@pytest.fixture
def open_page(browser):
    with opener_of(browser) as opener:
        yield opener


@pytest.fixture
def open_on_screen(playwright, request):
    """Opens pages on a screen of so many pixels to one of CSS, in a window so wide: what Playwright's own
    device_scale_factor does not do, which paints finer and lays out as ever."""
    ratio, width = request.param
    browser = launch(playwright, f"--force-device-scale-factor={ratio}", f"--window-size={width},900")
    with opener_of(browser) as opener:
        yield functools.partial(opener, no_viewport=True)
    browser.close()
