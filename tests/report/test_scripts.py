"""What the scripts of a page do, in a browser: the sections follow sliders, pointer and voltage, and say what
fields.h5 holds."""

import csv
import re

import numpy as np
import pytest

from microsim.report.pages import run as run_page
from microsim.volumes.fields import read_field, read_phase, read_times

from .browser import opened, started


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """The page of a made-up run."""
    return run_page.write(tmp_path_factory.mktemp("scripts"), **run)


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(chromium, written):
    with opened(chromium, written) as shown:
        yield shown


def slide(page, name, value):
    page.eval_on_selector(
        f"#slide-{name}",
        "(slider, value) => { slider.value = value; slider.dispatchEvent(new Event('input')); }",
        value,
    )
    page.wait_for_function("microsim.viewer.panels.every((panel) => panel.volume.frame !== undefined)")
    page.wait_for_timeout(50)


def picture(page, panel):
    return page.eval_on_selector(f"#panel-{panel} > canvas", "(canvas) => canvas.toDataURL()")


def reading(page, panel):
    """Value and error that a panel tells, or its words."""
    text = page.inner_text(f"#panel-{panel} output").replace("\N{MINUS SIGN}", "-")
    found = re.match(r"(-?[\d.]+) ± ([\d.]+)", text)
    return (float(found[1]), float(found[2])) if found else text


FACTORS = {"sto": 1.0, "c_e": 1.0, "phi_e": 1e3, "phi_s": 1e3, "j": 1.0}


def test_the_values_at_the_cursor_are_those_of_the_file(page, run):
    path, random, seen = run["fields_path"], np.random.default_rng(5), 0
    phase, names, _ = read_phase(path)
    words = {"pore": "pore", "am": "active material", "cbd": "carbon-binder"}
    for time in range(len(read_times(path)[0])):
        at = tuple(int(random.integers(n)) for n in phase.shape)
        for axis, number in zip("xyz", at, strict=True):
            slide(page, axis, number)
        slide(page, "time", time)
        assert reading(page, "phases") == words[names[phase[at]]]
        for name, factor in FACTORS.items():
            stored, said = factor * float(read_field(path, name, time)[0][at]), reading(page, name)
            if np.isnan(stored):
                assert said == "no value here"
                continue
            seen += 1
            assert abs(said[0] - stored) <= said[1] * (1 + 1e-6), name
            assert said[1] <= 2e-4 * max(abs(stored), 1e-9) or said[1] < 1e-2, name
    assert seen >= 6


def test_the_maps_say_what_was_compared(page, run):
    found = run["comparisons"][0]
    at = tuple(np.argwhere(np.isfinite(found.difference))[7])
    for axis, number in zip("xyz", at, strict=True):
        slide(page, axis, 2 * int(number))  # a measured voxel is two of the run's
    for key, values in (
        ("seen", found.simulated),
        ("measured", found.measured),
        ("difference", found.difference / found.sigma),
    ):
        value, error = reading(page, f"map1-{key}")
        assert abs(value - values[at]) <= error * (1 + 1e-6), key


@pytest.mark.parametrize(("slider", "moved"), [("z", 2), ("time", 1)])
def test_a_slider_moves_the_sections(page, slider, moved):
    page.uncheck("#own-colours")  # of which a field that only grew would have the same
    slide(page, "time", 3)
    before = {panel: picture(page, panel) for panel in ("phases", "sto", "c_e")}
    slide(page, slider, moved)
    still = ["phases"] if slider == "time" else []
    assert [panel for panel in before if picture(page, panel) == before[panel]] == still
    page.check("#own-colours")


def test_colours_of_one_time_or_of_all(page):
    slide(page, "time", 1)
    own = picture(page, "sto")
    ends = page.inner_text("#panel-sto .bar")
    page.uncheck("#own-colours")
    assert picture(page, "sto") != own and page.inner_text("#panel-sto .bar") != ends
    page.check("#own-colours")
    assert picture(page, "sto") == own


def test_keys_move_a_slider_and_it_says_where_it_stands(page):
    slide(page, "x", 4)
    page.focus("#slide-x")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#slide-x", "aria-valuetext").startswith("2.20")  # the sixth voxel of 0.4 um
    assert page.inner_text("#cursor").startswith("x = 2.20")


def test_pointer_and_click_move_one_cursor_in_all_sections(page):
    slide(page, "x", 8)
    box = page.locator("#panel-sto > canvas").bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] - 1)
    pointed = page.inner_text("#cursor")
    assert re.match("x = 0.0[0-9], y = 0.0[0-9]", pointed)
    page.mouse.click(box["x"] + 1, box["y"] + box["height"] - 1)
    page.mouse.move(2, 2)
    assert page.input_value("#slide-x") == "0" and page.input_value("#slide-y") == "0"


def test_the_handle_on_the_voltage_moves_the_time(page, run):
    slide(page, "time", 3)
    before = picture(page, "sto")
    box = page.locator("#curve").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 70, box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_timeout(100)
    assert page.input_value("#slide-time") == "0" and picture(page, "sto") != before
    volts = f"{run['voltage']['voltage_V'][0]:.3f}"
    assert volts in page.inner_text("label:has(#slide-time) output")


def test_a_table_copies_and_downloads_as_programs_read_it(page, tmp_path):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    box = page.locator("#transport .table").first
    box.get_by_role("button", name="Copy").click()
    page.wait_for_timeout(100)
    copied = [line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").splitlines()]
    with page.expect_download() as waiting:
        box.get_by_role("button", name="Download").click()
    waiting.value.save_as(tmp_path / "table.csv")
    with open(tmp_path / "table.csv", newline="", encoding="utf-8-sig") as file:
        rows = list(csv.reader(file))
    assert waiting.value.suggested_filename == "transport_1.csv" and copied == rows
    row = dict(zip(rows[0], rows[1], strict=True))
    assert (row["Network"], float(row["Tortuosity factor τ"]), float(row["Flux imbalance"])) == (
        "pore",
        3.212,
        2e-5,
    )


@pytest.mark.parametrize(
    ("shown", "plain"),
    [
        ("3.2\u202f×\u202f10⁻⁹", "3.2e-9"),
        ("−0.25", "-0.25"),
        ("85\u202f524", "85524"),
        ("85\u202f524 (58.0\u202f%)", "85524 (58.0 %)"),
        ("0.4 × 0.4 × 0.4\u202fµm", "0.4 × 0.4 × 0.4 µm"),
        ("1\u202f234\u202f567.5", "1234567.5"),
    ],
)
def test_numbers_lose_their_typography(page, shown, plain):
    assert page.evaluate("(text) => tables.plain(text)", shown) == plain


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_follow_the_system_until_the_reader_chooses(chromium, written, scheme):
    with opened(chromium, written, color_scheme=scheme) as shown:
        ground = "getComputedStyle(document.body).backgroundColor"
        first, section = shown.evaluate(ground), picture(shown, "sto")
        light = sum(map(int, re.findall(r"\d+", first)[:3])) > 3 * 128
        assert light == (scheme == "light")
        shown.click("#theme")
        assert shown.evaluate(ground) != first and picture(shown, "sto") != section
        shown.click("#theme")
        assert shown.evaluate(ground) == first and picture(shown, "sto") == section


def test_print_has_the_figures_and_not_the_sliders(chromium, written):
    with opened(chromium, written, color_scheme="dark") as shown:
        shown.emulate_media(media="print")
        seen = {
            name: shown.locator(name).first.is_visible() for name in ("#viewer", "button", "figure", "table")
        }
        assert seen == {"#viewer": False, "button": False, "figure": True, "table": True}
        assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("width", [1000, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_a_screen_reader(chromium, written, width, scheme):
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core-python is not installed")
    with opened(chromium, written, width, color_scheme=scheme) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        found = axe.Axe().run(shown)["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in serious] == []


def test_no_table_is_cut_on_paper(chromium, written):
    """A sheet is 182 mm wide between its margins, 688 px; a bar to scroll with is of no use there."""
    with opened(chromium, written, 688) as page:
        page.emulate_media(media="print")
        wide = "[...document.querySelectorAll('.table')].filter((t) => t.scrollWidth > t.clientWidth).length"
        assert page.locator("table.wide").count() > 0 and page.evaluate(wide) == 0


def test_words_of_a_table_keep_a_readable_width_on_a_phone(chromium, written):
    with opened(chromium, written, 400) as page:
        narrow = "(cell) => cell.clientWidth < 150"
        cells = page.locator(".tables :is(.words, .prose):not(:first-child)")
        assert cells.count() > 3 and not cells.evaluate_all(f"(all) => all.some({narrow})")


@pytest.mark.parametrize(("width", "least", "stops"), [(1000, 600, False), (400, 500, True)])
def test_a_picture_is_wide_enough_to_be_read_and_is_scrolled_by_keyboard(
    chromium, written, width, least, stops
):
    with opened(chromium, written, width) as page:
        wide = page.locator("#figure-phases img").bounding_box()["width"]
        assert wide > least and (wide > width) == stops
        reached = page.locator("#figure-phases .picture").get_attribute("tabindex")
        assert reached == ("0" if stops else None)
        told = "(one) => getComputedStyle(one, '::before').content.includes('sideways')"
        for one in (page.locator("#figure-phases .picture"), page.locator("#phases .table").first):
            assert one.evaluate(told) == stops == one.evaluate("(one) => one.scrollWidth > one.clientWidth")


def test_the_volume_turns_with_a_drag_and_with_keys(page):
    before = page.eval_on_selector("#turn", "(canvas) => canvas.toDataURL()")
    page.locator("#turn").scroll_into_view_if_needed()
    box = page.locator("#turn").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 280, box["y"] + 170, steps=3)
    page.mouse.up()
    dragged = page.eval_on_selector("#turn", "(canvas) => canvas.toDataURL()")
    page.focus("#turn")
    page.keyboard.press("ArrowLeft")
    assert len({before, dragged, page.eval_on_selector("#turn", "(canvas) => canvas.toDataURL()")}) == 3
    shown = """(canvas) => {
      const gl = canvas.getContext("webgl2"), [w, h] = [canvas.width, canvas.height];
      const pixels = new Uint8Array(4 * w * h);
      gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return pixels.filter((value, k) => k % 4 === 3 && value > 0).length / (w * h);
    }"""
    assert 0.05 < page.eval_on_selector("#turn", shown) < 0.9


@pytest.mark.parametrize("width", [1000, 400])
def test_nothing_of_the_turning_volume_is_cut_off(chromium, written, width):
    """Not on a canvas that is higher than wide, and from no side."""
    rim = """(canvas) => {
      const gl = canvas.getContext("webgl2"), [w, h] = [canvas.width, canvas.height];
      const pixels = new Uint8Array(4 * w * h), seen = (x, y) => pixels[4 * (y * w + x) + 3] > 0;
      gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      let count = 0;
      for (let x = 0; x < w; x++) count += seen(x, 0) + seen(x, h - 1);
      for (let y = 0; y < h; y++) count += seen(0, y) + seen(w - 1, y);
      return count;
    }"""
    with opened(chromium, written, width) as page:
        page.uncheck("#turn-cut")
        page.select_option("#turn-of", label="Phases")
        page.focus("#turn")
        for step in range(14):
            assert page.eval_on_selector("#turn", rim) == 0
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowDown" if step < 7 else "ArrowUp")
