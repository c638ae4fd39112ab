"""The page of a validation: every claim with what came of it, searched as one types."""

import pytest

from microsim.jobs.validate import Check, Claim, ValidationResult
from microsim.report.pages import validate as page

from ..browser import opened, started

CHECKS = [
    *(Check(f"at {n} voxels", 1 + 0.04 / n, 1.0, 0.01, source="Maxwell (1873)") for n in (8, 16, 32)),
    Check("sign", -2.0, -2.0, 0.1),
    Check("residual", 1e-14, 1e-12, kind="at most"),
    Check("gap", 3.0, 2.0, 0.5, "absolute", unmet="the scan ends at 2"),
]


def validation(*, broken=False):
    checks = [*CHECKS, *([Check("wrong", 3.0, 2.0, 0.1)] if broken else [])]
    about = "Closed form of layers,\nwhatever their order:\n  k = <1 + 2 f>\nThen\nthe rest.\n\nLast."
    laminates = Claim(checks, 2.5, None, "Layers conduct as series say.", about, "2026-11-29", "1.0", "abc")
    absent = Claim([], 0.0, "no gmsh here", "Meshes load in gmsh.", date="2026-11-28", build="abc")
    return ValidationResult({"laminates": laminates, "elsewhere": absent})


def test_it_has_every_claim_with_what_came_of_it(tmp_path):
    text = validation().write(tmp_path).read_text()
    assert (tmp_path / "figures" / "claim_laminates.png").stat().st_size > 3000
    for words in (
        *(
            "Layers conduct as series say.",
            "Closed form of layers, whatever their order:\n  k = &lt;1 + 2 f&gt;\nThen the rest.\n\nLast.",
            "Maxwell (1873)",
            "short: the scan ends at 2",
        ),
        *("Skipped: no gmsh here.", "2026-11-28 to 2026-11-29, build abc", "2026-11-29, build abc, 2.5"),
        *("laminates: short", "elsewhere: skipped", "at most", "0.50 absolute"),
    ):
        assert words in text, words
    assert '<h2><a href="#laminates">laminates: short' in text


def test_a_failed_check_is_what_one_sees_first(tmp_path):
    text = validation(broken=True).write(tmp_path).read_text()
    assert 'class="card bad"' in text and '<td class="fail">FAIL</td>' in text and "laminates: FAIL" in text


def test_figures_have_a_dot_for_each_check_with_a_tolerance():
    numbers = validation().numbers()
    whole, one = page.figure(result=numbers), page.claim_figure(numbers["claims"]["laminates"]["checks"])
    drawn = [line.get_xdata().size for line in whole.axes[0].lines if line.get_marker() == "o"]
    assert sum(drawn) == 5 and [t.get_text() for t in whole.axes[0].get_yticklabels()] == ["laminates"]
    inside, beyond = (line.get_ydata() for line in one.axes[0].lines if line.get_marker() == "o")
    assert list(inside) == pytest.approx([0.5, 0.25, 0.125, 0.0]) and list(beyond) == [2.0]


def test_without_tolerances_there_is_no_figure(tmp_path):
    bound = Check("residual", 1e-14, 1e-12, kind="at most")
    result = ValidationResult({"bounds": Claim([bound], 0.1, None, "Bounds hold.")})
    assert "<figure" not in result.write(tmp_path).read_text()


def test_what_is_typed_leaves_the_sections_that_hold_it(tmp_path):
    path = validation().write(tmp_path)
    with started() as chromium, opened(chromium, path) as shown:
        seen = "[...document.querySelectorAll('main > section')].filter((s) => !s.hidden).map((s) => s.id)"
        assert shown.evaluate(seen) == ["overview", "laminates", "elsewhere", "record"]
        shown.fill("#search", "maxwell 1873")
        assert shown.evaluate(seen) == ["laminates", "record"]
        assert shown.inner_text("#found") == "1 of 3 sections"
        assert shown.is_hidden("nav a[href='#elsewhere']") and shown.is_visible("nav a[href='#laminates']")
        shown.fill("#search", "")
        assert len(shown.evaluate(seen)) == 4
