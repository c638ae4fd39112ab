"""The page holds everything, needs nothing else, and is whole or not there."""

import html
import json
import os
import re

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.report.page import FIGURES, compact_json, write_comparison_report, write_report


def text_of(page):
    """The page's text without the embedded images and the style."""
    return html.unescape(re.sub(r"<style>.*?</style>|base64,[^\"]*", "", page.read_text(), flags=re.DOTALL))


@pytest.fixture(scope="module")
def written(run, tmp_path_factory):
    """A report of a run with everything, the folder it lies in, and the progress it told."""
    out, told = tmp_path_factory.mktemp("report"), []
    page = write_report(out, **run, progress=lambda *step: told.append(step))
    return page, out, told


def test_report_is_self_contained(written):
    page, out, _ = written
    assert page == out / "report.html"
    content = page.read_text()
    links = re.findall(r"""(?:src|href|srcset|action)\s*=\s*["']([^"']*)""", content)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert "<script" not in content and "@import" not in content and "url(" not in content
    anchors = {link[1:] for link in links if link.startswith("#")}
    assert anchors <= set(re.findall(r'id="([^"]+)"', content))


def test_every_figure_is_a_file_and_in_the_page(written):
    page, out, _ = written
    assert sorted(path.stem for path in (out / "figures").iterdir()) == sorted(FIGURES)
    content = page.read_text()
    assert [f'id="{name}"' in content for name in FIGURES] == [True] * len(FIGURES)
    assert content.count("data:image/png;base64,iVBOR") == len(FIGURES)


def test_page_says_the_key_numbers(written, run):
    text = text_of(written[0]).replace("\N{NARROW NO-BREAK SPACE}", " ")
    metrics = run["comparison"].metrics
    for expected in (
        "Made-up run",
        "150.1",
        "3.700",
        "3.212",
        "3.1 × 10⁻⁹",
        f"{metrics['rmse']:.3g}",
        "d" * 64,
    ):
        assert expected in text
    assert "The measured map is virtual" in text and "voxel_size_nm: 400" in text
    assert '"newton_iterations": 321' in text


def test_no_number_has_many_digits(written):
    shown = re.sub(r"<pre>.*?</pre>", "", text_of(written[0]), flags=re.DOTALL)
    numbers = re.findall(r"\d+\.\d+", shown)
    assert len(numbers) > 50
    assert [n for n in numbers if len(n.replace(".", "").lstrip("0")) > 5] == []


def test_progress_ends_with_its_total(written):
    told = written[2]
    assert [done for done, *_ in told] == list(range(len(FIGURES) + 1))
    assert {total for _, total, _ in told} == {len(FIGURES)}


def test_report_without_comparison_or_fields(run, tmp_path):
    bare = {**run, "comparison": None, "fields_path": None, "result": {**run["result"], "comparison": None}}
    page = write_report(tmp_path, **bare)
    assert "No measured map was given" in text_of(page) and "No fields were stored" in text_of(page)
    assert sorted(path.stem for path in (tmp_path / "figures").iterdir()) == ["phases", "voltage"]


def test_report_of_almost_nothing(run, tmp_path):
    """A result with no key at all still gives a page: dashes, not errors."""
    page = write_report(tmp_path, case={}, result={}, grid=run["grid"], voltage=run["voltage"])
    assert "No transport numbers" in text_of(page)


def test_what_a_run_left_its_windows_by_stands_on_top(run, tmp_path):
    told = {**run, "fields_path": None, "comparison": None}
    text = write_report(
        tmp_path,
        **{**told, "result": {**run["result"], "validity": {"notes": ["sto reached 1.", "Coarse."]}}},
    ).read_text()
    assert '<p class="notice">sto reached 1. Coarse.</p>' in text.split("What was run")[1][:300]
    assert "notice" not in write_report(tmp_path, **told).read_text().split("What was run")[1][:300]


def test_report_of_several_steps(run_with_rests, tmp_path):
    text = text_of(write_report(tmp_path, **run_with_rests))
    assert "Rest for 10 minutes" in text and "right: voltage and current density" in text
    assert "Dashed: at a rest" in text


def test_figures_of_an_earlier_run_are_removed(run, tmp_path):
    (tmp_path / "figures").mkdir()
    for name in (*FIGURES, "own"):
        (tmp_path / "figures" / f"{name}.png").write_bytes(b"old")
    write_report(tmp_path, **{**run, "comparison": None, "fields_path": None})
    assert sorted(path.stem for path in (tmp_path / "figures").iterdir()) == ["own", "phases", "voltage"]
    assert (tmp_path / "figures" / "own.png").read_bytes() == b"old"


def test_words_of_the_user_are_escaped(run, tmp_path):
    changed = {"result": {**run["result"], "title": "<b>a & b</b>"}, "fields_path": None, "comparison": None}
    content = write_report(tmp_path, **{**run, **changed}).read_text()
    assert "<b>a &amp; b</b>" not in content and "<h1>&lt;b&gt;a &amp; b&lt;/b&gt;</h1>" in content


def test_quantity_and_file_come_from_the_case(run, tmp_path):
    """The case says what was compared when result.json holds the metrics alone."""
    case = {"compare": {"measured": "meshes/demo_virtual_sto.tif", "quantity": "soc"}}
    result = {**run["result"], "comparison": run["comparison"].as_dict()}
    text = text_of(write_report(tmp_path, **{**run, "case": case, "result": result, "fields_path": None}))
    assert "meshes/demo_virtual_sto.tif" in text and "The measured map is virtual" in text


def test_report_is_whole_or_not_there(run, tmp_path):
    (tmp_path / "figures").write_text("a file where the folder should be")
    with pytest.raises(InputError, match=r"expected to write .*figures"):
        write_report(tmp_path, **run)
    assert os.listdir(tmp_path) == ["figures"]


def test_comparison_report(run, tmp_path):
    meta = {
        "simulated": {"file": "fields.h5::sto", "voxel_size_m": (4e-7,) * 3},
        "measured": {"file": "soc.tif"},
    }
    page = write_comparison_report(
        tmp_path / "new", run["comparison"], {**meta, "origin_m": (0, 0, 0), "mask": None}
    )
    text = text_of(page).replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert "fields.h5::sto" in text and "0.4 × 0.4 × 0.4 µm" in text and "virtual" not in text
    assert f"{run['comparison'].metrics['pearson_r']:.3f}" in text
    assert len(list((tmp_path / "new" / "figures").iterdir())) == 3


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
