"""Figures of a page as vectors, too: words that ask for them, widths, and no file left of the page before."""

import re

import numpy as np
import pytest
import tifffile

import microsim as ms
from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.vectors import drawing_vectors
from microsim.report.page import Drawing, Section, write_page
from microsim.report.style import new_figure, styled

MM = 72 / 25.4  # points


@styled
def panels(columns, width=9.0, title=""):
    figure = new_figure(3.0, width)
    for axes in np.atleast_1d(figure.subplots(1, columns)):
        axes.plot([0, 1e4], [0, 0.25], label="line")
        axes.set(xlabel="Depth", ylabel="Share")
    figure.legend(["line"], title=title, loc="outside right center")
    return figure


def write(folder, **figures):
    drawings = tuple(Drawing(name, lambda f=figure: f, name) for name, figure in figures.items())
    about = {"title": "Made up", "kind": "Test", "cards": [], "records": []}
    return write_page(folder, sections=[Section("part", "A part", drawings)], **about)


def width_mm(svg):
    return float(re.search(r'width="([\d.]+)pt"', svg.read_text())[1]) / MM


def letters(svg):
    return {float(size) for size in re.findall(r"font(?:-size)?: ([\d.]+)px", svg.read_text())}


@pytest.mark.parametrize(
    "words, said",
    [
        ("png", "expected svg or pdf, got png"),
        (":single", "expected svg or pdf, got an empty text"),
        ("svg:", "--vector: "),
        ("svg:10", r"from 30 to 500 mm \(or single, double\)"),
        (85, "expected svg or pdf, got 85"),
        (True, "expected svg or pdf, got True"),
        ("pdf:wide", 'expected a number, got "wide"'),
    ],
)
def test_what_is_no_kind_or_width_is_refused(words, said):
    with pytest.raises(InputError, match=said), drawing_vectors(words):
        pass


@pytest.mark.parametrize(
    "words, wide, narrow", [("svg", 174, 116), ("svg:double", 174, 116), ("svg:135", 135, 90)]
)
def test_a_figure_keeps_its_share_of_the_page(tmp_path, words, wide, narrow):
    with drawing_vectors(words) as drawn:
        write(tmp_path, whole=panels(2), part=panels(1, 6.0))
    figures = tmp_path / "figures"
    assert width_mm(figures / "whole.svg") == pytest.approx(wide, abs=0.01)
    assert width_mm(figures / "part.svg") == pytest.approx(narrow, abs=0.01)
    assert drawn() == [f"figures/*.svg: 2, up to {wide} mm wide"]


def test_what_has_no_room_in_a_column_is_as_wide_as_a_page(tmp_path):
    with drawing_vectors("svg:single") as drawn:
        write(tmp_path, one=panels(1, 6.0), two=panels(2), long=panels(1, title="A long title " * 6))
    widths = {path.stem: round(width_mm(path), 1) for path in (tmp_path / "figures").glob("*.svg")}
    assert widths == {"one": 85.0, "two": 174.0, "long": 174.0}
    assert drawn()[0].endswith("85 mm wide; 174 mm, for what has no room in less: two, long")


def test_letters_are_those_of_a_journal_at_any_width(tmp_path):
    with drawing_vectors("svg:single"):
        write(tmp_path, one=panels(1), two=panels(2))
    for name in ("one", "two"):
        sizes = letters(tmp_path / "figures" / f"{name}.svg")
        assert sizes and min(sizes) >= 6.0 and max(sizes) <= 7.0


def test_a_page_takes_away_the_vectors_of_the_page_before(tmp_path):
    with drawing_vectors("pdf"):
        write(tmp_path, one=panels(1), two=panels(1))
    (tmp_path / "figures" / "mine.pdf").write_text("of somebody else")
    with drawing_vectors("svg"):
        write(tmp_path, one=panels(1))
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "mine.pdf",
        "one.png",
        "one.svg",
    ]
    write(tmp_path, one=panels(1))
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["mine.pdf", "one.png"]


@pytest.fixture
def volume(tmp_path):
    path = tmp_path / "v.tif"
    tifffile.imwrite(path, (np.random.default_rng(0).random((8, 9, 10)) > 0.4).astype(np.uint8))
    return str(path)


def test_commands_and_results_have_it(tmp_path, volume, capsys):
    words = ["transport", volume, "--phases", "pore=1,am=0", "--voxel-size-nm", "100", "--vector", "svg"]
    assert main(words) == 2 and "--vector: expected a page" in capsys.readouterr().err
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    assert "figures/*.svg: 2, up to 174 mm wide" in capsys.readouterr().out
    names = {path.name for path in (tmp_path / "out" / "figures").iterdir()}
    assert names == {"phases.png", "phases.svg", "flux_x.png", "flux_x.svg"}


@pytest.mark.parametrize("option", ["--out", "--report"])
def test_a_page_without_a_voxel_size_is_refused_by_the_name_that_was_typed(tmp_path, volume, capsys, option):
    assert main(["transport", volume, "--phases", "pore=1,am=0", option, str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert option in said.partition(": expected a known voxel size")[0]


@pytest.mark.parametrize("job, key", [("tortuosity", "flux"), ("permeability", "keep_fields")])
def test_a_result_that_kept_no_map_writes_the_page_of_one_that_did(tmp_path, volume, job, key):
    grid = ms.read_volume(volume, {"pore": 1, "am": 0}, voxel_size="100 nm")
    work = getattr(ms, job)
    work(grid, axis="all").write(tmp_path / "bare", vector="pdf:single")
    work(grid, axis="all", **{key: True}).write(tmp_path / "kept", vector="pdf:single")
    bare, kept = (sorted((tmp_path / name / "figures").iterdir()) for name in ("bare", "kept"))
    assert [path.name for path in bare] == [path.name for path in kept] and len(bare) == 8
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(bare, kept))


def test_every_command_that_draws_a_page_has_it(capsys):
    for command in (
        "run",
        "study",
        "fit",
        "homogenise",
        "demo",
        "ensemble",
        "compare",
        "segment",
        "validate",
    ):
        main([command, "--help"])
        assert "--vector" in capsys.readouterr().out, command
    main(["mesh", "--help"])
    assert "--vector" not in capsys.readouterr().out
