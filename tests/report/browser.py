"""A page in headless Chromium: what it asks for, says on its console, and shows."""

import os
import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# WebGL in software, so that a machine without a graphics card draws the same
ARGUMENTS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@contextmanager
def started():
    """A Chromium that is installed, without a window; skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="the package playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    arguments = ARGUMENTS + ["--no-sandbox"] * (os.getuid() == 0)  # which Chromium refuses to root
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@contextmanager
def opened(chromium, path, width=1000, **how):
    """Open a page from disk, wait until its viewer is ready; give the Page, and check what it said."""
    context = chromium.new_context(viewport={"width": width, "height": 1200}, **how)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if asked.url != path.as_uri() else None)
    page.goto(path.as_uri())
    page.wait_for_function("!window.microsim?.viewer || document.querySelector('[data-ready]')")
    try:
        yield page
        # blob: what the page makes itself, for a download; Chromium remarks that pixels are read back
        own = [line for line in said if not line.startswith("blob:") and "GL Driver Message" not in line]
        assert own == []
    finally:
        context.close()
