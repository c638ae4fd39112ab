"""A page holds everything, needs nothing else, is whole or not there, and takes away what pages before it
wrote."""

import gc
import json
import os

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.report.page import (
    Card,
    Drawing,
    Section,
    TextTable,
    compact_json,
    filled,
    remove_page,
    write_page,
)
from microsim.report.style import new_figure

from .reading import check_page, text_of


def write(folder, *names, draw=lambda: new_figure(1.0, 1.0), **more):
    """Write a page with empty figures of these names."""
    drawings = tuple(Drawing(name, draw, f"Caption of {name}.") for name in names)
    table = TextTable("A table", ("Name", "Number"), [("one", "1.0")], (1,))
    settings = TextTable("Settings", (), [("Colour", "red")])
    sections = [Section("part", "A part", drawings, (table, settings), notice="Mind this.")]
    what = {"title": "Made up", "kind": "Test", "cards": [Card("Key", "3.2", "V", "a remark", False)]}
    return write_page(folder, **{**what, "sections": sections, "records": [("Record", "{}")], **more})


def files(folder):
    return sorted(path.name for path in (folder / "figures").iterdir())


def test_a_page_shows_its_parts(tmp_path):
    told = []
    page = write(tmp_path / "new", "one", "two", progress=lambda *step: told.append(step))
    assert page == tmp_path / "new" / "report.html"
    check_page(page, ["one", "two"])
    text = text_of(page)
    for said in ("Made up", "Test", "Key FAIL 3.2 V a remark", "Caption of two.", "Mind this.", "Colour red"):
        assert said in text
    assert told == [(0, 2, "drawing one"), (1, 2, "drawing two"), (2, 2, "report written")]


def test_garbage_is_collected_as_before_and_seldom_meanwhile(tmp_path):
    before, seen = gc.get_threshold(), []

    def draw():
        seen.append(gc.get_threshold())
        return new_figure(1.0, 1.0)

    write(tmp_path, "one", draw=draw)
    assert seen[0][0] > 10 * before[0] and gc.get_threshold() == before
    with pytest.raises(ZeroDivisionError):
        write(tmp_path, "one", draw=lambda: 1 / 0)
    assert gc.get_threshold() == before


def test_words_of_the_user_are_escaped(tmp_path):
    content = write(tmp_path, title="<b>a & b</b>").read_text()
    assert "<b>a &amp; b</b>" not in content and "<h1>&lt;b&gt;a &amp; b&lt;/b&gt;</h1>" in content


def test_tables_without_rows_are_left_out():
    table = TextTable("", (), [("a", "b")])
    assert filled(TextTable("", (), []), table) == (table,)


def test_a_page_takes_away_the_pictures_of_the_page_before_it_and_no_other_file(tmp_path):
    write(tmp_path, "one", "two")
    for name in ("own.png", "three.png", "notes.txt"):
        (tmp_path / "figures" / name).write_text("mine")
    write(tmp_path, "two")
    assert files(tmp_path) == ["notes.txt", "own.png", "three.png", "two.png"]
    write(tmp_path)
    assert files(tmp_path) == ["notes.txt", "own.png", "three.png"]
    assert (tmp_path / "figures" / "own.png").read_text() == "mine"


@pytest.mark.parametrize(
    "content", ["", '<figure id="figure-../own">', '<figure id="figure-..">', "<figure>", b"\xff\xfe"]
)
def test_a_page_of_somebody_else_takes_nothing_along(tmp_path, content):
    write(tmp_path, "one")
    (tmp_path / "own.png").write_text("mine")
    (tmp_path / "report.html").write_bytes(content if isinstance(content, bytes) else content.encode())
    write(tmp_path, "two")
    assert (tmp_path / "own.png").exists() and files(tmp_path) == ["one.png", "two.png"]


def test_a_drawing_that_fails_leaves_the_page_before_it_as_it_was(tmp_path):
    before = write(tmp_path, "one").read_bytes()

    def broken():
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        write(tmp_path, "one", "two", draw=broken)
    assert (tmp_path / "report.html").read_bytes() == before and "two.png" not in files(tmp_path)


def test_what_breaks_off_between_page_and_pictures_leaves_nothing_for_ever(tmp_path, monkeypatch):
    from microsim.report import page

    write(tmp_path, "one")
    with monkeypatch.context() as patch:
        patch.setattr(page, "replacing", lambda path: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write(tmp_path, "two", "three")
    (tmp_path / "figures" / "two.png").write_text("as far as it came")
    check = text_of(tmp_path / "report.html")
    assert "Caption of three." in check  # the page is the new one, and whole
    write(tmp_path, "four")
    assert files(tmp_path) == ["four.png"]


def test_a_page_is_removed_with_its_pictures(tmp_path):
    write(tmp_path, "one")
    (tmp_path / "figures" / "own.png").write_text("mine")
    remove_page(tmp_path)
    assert os.listdir(tmp_path) == ["figures"] and files(tmp_path) == ["own.png"]
    remove_page(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_page_is_whole_or_not_there(tmp_path):
    (tmp_path / "figures").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=r"expected to make the folder .*figures"):
        write(tmp_path, "one")
    assert os.listdir(tmp_path) == ["figures"]
    (tmp_path / "other" / "report.html").mkdir(parents=True)
    with pytest.raises(InputError, match=r"expected to write .*report.html"):
        write(tmp_path / "other", "one")


def test_json_for_reading_is_json():
    value = {
        "a": [1.23456789, None, float("nan")],
        "b": {"c": np.float64(2e-9), "d": np.arange(3)},
        "e": {},
        "f": [],
    }
    value |= {"g": [{"h": True}], "i": 'quote " and µ', "j": [[1, 2], [3, 4]]}
    back = json.loads(compact_json(value))
    assert back["a"] == [1.23457, None, None] and back["b"] == {"c": 2e-9, "d": [0, 1, 2]}
    assert back["e"] == {} and back["f"] == [] and back["g"] == [{"h": True}] and back["i"] == 'quote " and µ'
    assert back["j"] == [[1, 2], [3, 4]]
