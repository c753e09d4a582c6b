"""The explorer as its user meets it: Debian's chromium opens the page, and one session goes through all of it."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from experiments.explorer.serving import built, server

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [pytest.mark.slow, pytest.mark.exact, pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
LOADED = 240_000
SHOTS = os.environ.get("SHOTS")
"""A folder for screenshots, to be looked at."""

TYPED = {
    "u[1,0] == u[0,0] + r*(u[0,1] - 2*u[0,0] + u[0,-1])": ("r", "r≤12"),
    "u[1,0] == u[-1,0] - nu*(u[0,1] - u[0,-1])": ("", "ν>−1ν<1"),
    "u[1,0] == u[0,0] - nu*(u[0,0] - u[0,-1])": ("", "ν≥0ν≤1"),
    "u[1,0] == u[0,0] - nu*(u[0,1]-u[0,-1])/2 + nu**2*(u[0,1]-2*u[0,0]+u[0,-1])/2": ("", "ν≥−1ν≤1"),
    "u[1,0] - r*(u[1,1]-2*u[1,0]+u[1,-1]) == u[0,0]": ("r", "always stable"),
    "u[1,0] == u[0,0] - nu*(u[0,1] - u[0,-1])/2": ("nu", "never stable"),
    "u[1,0,0] == u[0,0,0] + p*(u[0,1,0]-2*u[0,0,0]+u[0,-1,0]) + q*(u[0,0,1]-2*u[0,0,0]+u[0,0,-1])": ("p, q", "2p+2q≤1"),
    "u[2] - 2*u[1] + u[0] == -q*u[1]": ("q", "q<4"),
    "u[1,0] == (u[0,1] + u[0,-1])/2 - nu*(u[0,1] - u[0,-1])/2": ("", "ν≥−1ν≤1"),
    "u[1] == (1 - k)*u[0]\nv[1] == v[0]/2": ("k", "k<2"),
    "3*u[1,0] - 4*u[0,0] + u[-1,0] == 2*r*(u[1,1]-2*u[1,0]+u[1,-1])": ("r", "always stable"),
    "u[1,0] == u[0,0] - c*(v[0,1]-v[0,0])\nv[1,0] == v[0,0] - c*(u[1,0]-u[1,-1])": ("c", "c≤1"),
    "  temp[1,0]==temp[0,0]+κ*(temp[0,1]-2*temp[0,0]+temp[0,-1])  ": ("κ", "κ≤12"),
    "u[1,0,0] == u[0,0,0] - a*(u[0,0,0]-u[0,-1,0]) - b*(u[0,0,0]-u[0,0,-1])": ("", "a≥0b≥0a+b≤1"),
}
MALFORMED = {
    "u[1,0] = u[0,0]": "write == between the two sides",
    "u[1,0] == u[0,0]*u[0,1]": "expected",
    "__import__('os').system('true')": "expected",
    "u[1,0] == q + u[0,0]": "expected a homogeneous equation",
    "": "expected an equation, such as",
    "u[1,0] - u[0,0]": "expected one equation",
    "u[1,0] == (u[0,1] + u[0,-1]/2": "'(' was never closed",
    "<img src=x onerror=alert(1)>[1,0] == u[0,0]": "write ==",
}
BROKEN = {
    "packages.zip": "Python could not be loaded: packages.zip: 404",
    "catalogue.json": "error: this page failed: catalogue.json: 404",
    "numbers.js": "app.js; load it again",
    "worker.js": "the worker could not be started",
}
LANGUAGES = {
    "latex": r"r \leq \frac{1}{2}", "python": "derive.parse_scheme(", "numpy": "from numpy import", "torch": "import torch",
    "javascript": "function is_stable({r})",
}  # fmt: skip
UNNAMED = """() => [...document.querySelectorAll("button, input, select, textarea, canvas, progress, [role=group]")]
    .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim()))
    .map((one) => one.outerHTML)"""
"""What a screen reader could not name."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    serving = server(0)
    serving.site = built()
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_address[1]}/"
    serving.shutdown()
    serving.server_close()


@pytest.fixture(scope="module")
def page(site: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
        )
        context.set_default_timeout(120_000)
        opened = context.new_page()
        opened.faults = []
        opened.asked = []
        opened.on("pageerror", lambda error: opened.faults.append(str(error)))
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.goto(site)
        opened.wait_for_selector("#found:not([hidden])", timeout=LOADED)
        yield opened
        browser.close()


def ask(page: Any, equations: str, positive: str = "") -> None:
    page.fill("#equations", equations)
    page.fill("#positive", positive)
    page.click("#ask")
    page.wait_for_selector("#answer:not([aria-busy])")


def condition(page: Any) -> str:
    return re.sub(r"\s", "", normalize("NFKC", page.inner_text("#condition")))  # chromium italicises single letters


def shot(page: Any, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_opens_with_a_condition_and_its_drawings(page: Any) -> None:
    assert condition(page) == "r≤12ν2≤2r"
    assert "exact" in page.inner_text("#state")
    page.wait_for_function("document.getElementById('sampled').dataset.stable > 0")
    page.wait_for_function("document.getElementById('order').textContent.includes('O(')")
    closed, sampled = (int(page.get_attribute(f"#{name}", "data-stable")) for name in ("closed", "sampled"))
    assert abs(closed - sampled) <= 0.05 * closed  # cells on the edge
    shot(page, "wide")


@pytest.mark.parametrize("equations", TYPED)
def test_typed_schemes_have_their_conditions(page: Any, equations: str) -> None:
    positive, expected = TYPED[equations]
    ask(page, equations, positive)
    assert page.is_hidden("#error"), page.inner_text("#error")
    found = page.inner_text("#words") if "stable" in expected else condition(page)
    assert expected in found


@pytest.mark.parametrize("equations", MALFORMED)
def test_a_mistake_is_one_line(page: Any, equations: str) -> None:
    ask(page, equations)
    said = page.inner_text("#error")
    assert said.startswith("error: ")
    assert MALFORMED[equations] in said
    assert "\n" not in said
    assert page.is_hidden("#found")


def test_a_slider_moves_the_numbers_and_the_link_restores_them(page: Any, site: str) -> None:
    ask(page, "u[1,0] == u[0,0] + r*(u[0,1] - 2*u[0,0] + u[0,-1])", "r")
    slider = page.locator("input[type=range][data-name=r]")
    assert "stable" in page.inner_text("#verdict")
    slider.evaluate("(one) => { one.value = 0.75; one.dispatchEvent(new Event('input')); }")
    assert "not stable; largest |ξ| = 2.000000" in page.inner_text("#verdict")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) < 0.75
    link = page.url
    ask(page, "u[1,0] == u[0,0] - nu*(u[0,0] - u[0,-1])")
    page.evaluate("(hash) => { location.hash = hash; }", link.partition("#")[2])
    page.wait_for_function(
        "document.getElementById('positive').value === 'r' && !document.getElementById('answer').hasAttribute('aria-busy')"
    )
    assert condition(page) == "r≤12"
    assert float(page.locator("input[type=number][data-name=r]").input_value()) == pytest.approx(float(slider.input_value()))


def test_code_is_copied(page: Any) -> None:
    for language, within in LANGUAGES.items():
        name = page.inner_text(f"[data-code={language}]")
        page.click(f"[data-code={language}]")
        page.wait_for_function("(name) => document.getElementById('copied').textContent === `${name} is copied`", arg=name)
        assert within in page.evaluate("navigator.clipboard.readText()")


def test_keys_alone_are_enough_and_everything_has_a_name(page: Any) -> None:
    assert page.evaluate(UNNAMED) == []
    page.fill("#positive", "")
    page.focus("#equations")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("u[1,0] == u[0,0] - s*(u[0,0] - u[0,-1])")
    page.keyboard.press("ControlOrMeta+Enter")
    page.wait_for_function("document.getElementById('condition').textContent.includes('s')")
    page.wait_for_selector("#answer:not([aria-busy])")
    page.focus("#steps summary")
    page.keyboard.press("Enter")
    page.wait_for_selector("#steps-list h3")
    page.focus("#equations")
    for reached in ("positive", "", "ask"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == reached


def test_an_optimiser_has_its_edge(page: Any) -> None:
    page.check("input[name=kind][value=optimizer]")
    assert page.input_value("#optimizer") == "heavy-ball"
    page.wait_for_function("document.getElementById('edge-number').textContent.includes('curvature')")
    for name, value in {"lr": "0.1", "momentum": "0.9", "curvature": "30"}.items():
        page.fill(f"input[type=number][data-name={name}]", value)
    assert "curvature < 38" in page.inner_text("#edge-number")  # 2 (1 + momentum) / lr
    assert "the condition says stable" in page.inner_text("#verdict")
    shot(page, "optimiser")


def test_a_phone_has_room_for_it(page: Any) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    shot(page, "phone")
    page.set_viewport_size({"width": 1280, "height": 900})


@pytest.mark.parametrize("link", ["optimizer=nonsense", "scheme=nonsense", "equations=u[1]==u[0]&grade=nonsense"])
def test_a_link_that_names_nothing_is_told(page: Any, link: str) -> None:
    page.evaluate("(hash) => { location.hash = hash; }", link)
    page.wait_for_selector("#error:not([hidden])")
    assert page.inner_text("#error").startswith(
        f"error: the link names an unknown {link.split('&')[-1].split('=')[0]} 'nonsense'"
    )
    page.evaluate("(hash) => { location.hash = hash; }", "equations=u[1]==k*u[0]&at=k=0.5")
    page.wait_for_function("document.getElementById('verdict').textContent.includes('0.500000')")


@pytest.mark.parametrize("name", [*BROKEN, "WebAssembly", ""])
def test_a_page_that_cannot_load_says_why(page: Any, site: str, name: str) -> None:
    context = page.context.browser.new_context(service_workers="block")
    opened = context.new_page()
    if name == "WebAssembly":
        opened.add_init_script("Object.defineProperty(window, 'WebAssembly', { value: undefined })")
    elif name:
        opened.route(f"**/{name}", lambda route: route.fulfill(status=404, body="no"))
    opened.goto(site if name else (built() / "index.html").as_uri())
    opened.wait_for_selector("#doing.error")
    expected = BROKEN | {"WebAssembly": "this browser has no WebAssembly", "": "browsers load no modules from a folder"}
    assert expected[name] in opened.inner_text("#doing")
    context.close()


def test_time_is_bounded_and_a_question_is_stopped(page: Any) -> None:
    """The worker is ended at its limit, and what it did not find in time is sampled by another; so it is after a stop."""
    limit = "(text) => history.replaceState(null, '', text + location.hash)"
    page.evaluate(limit, "?seconds=0.05")
    page.fill("#equations", "u[1,0] - u[0,0] == r*(u[0,1]-2*u[0,0]+u[0,-1]) + q*(u[1,1]-2*u[1,0]+u[1,-1])")
    page.click("#ask")
    page.wait_for_function("document.getElementById('state').textContent.includes('no answer within 0.05 s')")
    page.evaluate(limit, "?")
    page.wait_for_selector("#answer:not([aria-busy])")
    assert "no closed form; the drawings sample the roots" in page.inner_text("#state")
    page.wait_for_function("document.getElementById('sampled').dataset.stable > 0")
    page.fill("#equations", "u[1,0] == a*u[0,0] + b*u[0,1] + c*u[0,-1] + d*u[-1,0] + e*u[-1,1] + f*u[-1,-1]")
    page.click("#ask")
    page.click("#stop")
    assert page.inner_text("#error") == "error: stopped; Python is started anew"


def test_offline_after_the_load(page: Any, site: str) -> None:
    page.context.set_offline(True)
    page.check("input[name=kind][value=scheme]")
    ask(page, "u[1,0] == u[0,0] + q*(u[0,1] - 2*u[0,0] + u[0,-1])/2", "q")
    assert condition(page) == "q≤1"
    page.context.set_offline(False)
    assert all(url.startswith((site, "data:")) for url in page.asked)
    assert page.faults == []
