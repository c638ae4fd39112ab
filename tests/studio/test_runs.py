"""Runs of the folder, and names of labels."""

import json
import os

import numpy as np
import pytest

from microsim.segment.recipe import read_recipe, save_recipe
from microsim.studio import runs
from microsim.studio.runs import can_compare, found_runs, label_notes
from microsim.volumes.volume import write_volume


def made(folder, ended, **result):
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("")
    (folder / "result.json").write_text(json.dumps(result))
    os.utime(folder / "result.json", (ended, ended))


def test_runs_are_found_with_what_they_say(place, tmp_path):
    made(place.root / "a" / "slow", 100, title="Slow", capacity_mAh_g=150.5)
    made(place.root / "fast", 200, title="Fast")
    made(place.root / ".hidden" / "run", 300)
    made(tmp_path / "secret" / "run", 400)  # to which the folder's link `out` leads
    (place.root / "half").mkdir()
    (place.root / "half" / "result.json").write_text("{}")
    assert found_runs(place) == [
        {"path": "fast", "title": "Fast", "capacity_mAh_g": None, "ended": 200},
        {"path": "a/slow", "title": "Slow", "capacity_mAh_g": 150.5, "ended": 100},
    ]


@pytest.mark.parametrize("content", ["{", "[1]", ""])
def test_a_damaged_result_hides_no_other_run(place, content):
    made(place.root / "good", 1, title="Good")
    made(place.root / "bad", 2)
    (place.root / "bad" / "result.json").write_text(content)
    assert {row["path"]: row.get("title") for row in found_runs(place)} == {"bad": None, "good": "Good"}


def test_labels_have_the_names_of_the_recipe_beside_them(place):
    assert label_notes(place, "labels.tif")["names"] == {}
    (place.root / "labels.recipe.yaml").write_text("phases: [pore, am]\nsteps: []\ncrack: crack\n")
    assert label_notes(place, "labels.tif")["names"] == {0: "pore", 1: "am", 2: "crack"}
    for other in ("phases: {pore: 0}", "- a", "phases: ["):
        (place.root / "labels.recipe.yaml").write_text(other)
        assert label_notes(place, "labels.tif")["names"] == {}


def test_labels_have_the_doubts_of_a_recipe_that_was_written_for_them(place):
    assert label_notes(place, "labels.tif") == {"names": {}, "doubts": None}
    recipe = read_recipe({"phases": ["pore", "am"], "steps": ["median"]})
    write_volume(place.root / "more" / "other.tif", np.ones((2, 2, 2), np.uint8))
    for labels, doubts in (("labels.tif", ["noise"]), ("same.tif", ["noise"]), ("more/other.tif", None)):
        save_recipe(place.root / "labels.recipe.yaml", recipe, place.root / labels, ["noise"])
        assert label_notes(place, "labels.tif") == {"names": {0: "pore", 1: "am"}, "doubts": doubts}


def test_several_runs_have_a_page_where_microsim_has_the_command(monkeypatch):
    monkeypatch.setattr(runs, "SIDE_BY_SIDE", "microsim.jobs.run")
    assert can_compare()
    monkeypatch.setattr(runs, "SIDE_BY_SIDE", "microsim.jobs.none")
    assert not can_compare()
