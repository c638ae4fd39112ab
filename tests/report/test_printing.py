"""A page as PDF, a figure at a column's width."""

import re

import pytest

from microsim.base.errors import InputError
from microsim.report import printing
from microsim.report.style import new_figure


def draw(width):
    figure = new_figure(2.0, width)
    figure.subplots().set_xlabel("Depth")
    return figure


def test_a_figure_is_that_wide_and_its_text_stays_text(tmp_path):
    path = printing.save_figure(draw, tmp_path / "new" / "a.svg", 0.085)
    content = path.read_text()
    assert float(re.search(r'width="([\d.]+)pt"', content)[1]) == pytest.approx(85 / 25.4 * 72, abs=1e-3)
    assert ">Depth</text>" in content and "<dc:date>" not in content
    assert printing.save_figure(draw, tmp_path / "b.pdf", 0.085).read_bytes().startswith(b"%PDF")


def test_a_browser_that_prints_nothing_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "require_chromium", lambda: "/bin/false")
    (tmp_path / "page.html").write_text("<p>page</p>")
    with pytest.raises(InputError, match="expected a PDF of .*page.html from /bin/false, got none"):
        printing.print_page(tmp_path / "page.html", tmp_path / "page.pdf")
    assert not (tmp_path / "page.pdf").exists()
