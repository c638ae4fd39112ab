"""What a page's viewer holds: everything at the finest depth, or less where there is no room, and says so."""

import json
from dataclasses import replace

import numpy as np
import pytest

from microsim.mesh.grid import VoxelGrid
from microsim.report import viewer
from microsim.report.viewer import plan_for, shown_fields, viewer_of

FIELDS = ["sto", "c_e", "phi_e", "phi_s", "j"]


def fields_of(viewer):
    return {panel["id"]: panel for panel in viewer.about["panels"] if panel["id"] in FIELDS}


def test_a_small_run_is_held_whole(run):
    told = [{"measured": "soc.tif"}]
    viewer = viewer_of(run["grid"], run["fields_path"], run["comparisons"], told, run["voltage"])
    about = viewer.about
    order = ["phases", "sto", "map1-seen", "map1-measured", "map1-difference", *FIELDS[1:]]
    assert [panel["id"] for panel in about["panels"]] == order
    assert (about["stored"], about["stride"], about["bits"], len(about["times_s"])) == (4, 1, 16, 4)
    assert about["curve"]["voltage_V"] == pytest.approx(run["voltage"]["voltage_V"], rel=1e-6)
    assert about["size_um"] == pytest.approx([6.4, 4.8, 4.0])
    assert "All 4 stored times, every voxel, fields in 16 bits" in viewer.words
    named = {panel["mask"] for panel in about["panels"] if "mask" in panel} | {"phases"}
    named |= {frame["blob"] for panel in about["panels"] for frame in panel.get("frames", ())}
    assert set(viewer.blobs) == named


def packed_size(viewer):
    panels = fields_of(viewer).values()
    return sum(len(viewer.blobs[frame["blob"]]) for panel in panels for frame in panel["frames"])


def test_less_room_takes_depth_then_times_then_voxels(run_with_rests):
    path = run_with_rests["fields_path"]
    plans = [plan_for(path, room) for room in (20_000, 13_800, 4_000, 1_000, 1)]
    assert [plan.bits for plan in plans] == [16, 12, 8, 8, 8]
    assert [plan.stride for plan in plans[:3]] == [1, 1, 1] and 1 < plans[3].stride < plans[4].stride
    assert [len(plan.times) for plan in plans[:2]] == [13, 13] and 6 <= len(plans[2].times) < 13
    assert all(plan.times[-1] == 12 for plan in plans)  # the end is always there


def test_part_of_a_large_field_tells_what_it_takes(run, monkeypatch):
    def noise(path, name, index):  # what does not pack: every value takes its room
        return np.random.default_rng(index).random(run["grid"].shape), None, 0.0

    monkeypatch.setattr(viewer, "read_field", noise)
    monkeypatch.setattr(viewer, "BLOCK", 100)
    whole = packed_size(viewer_of(run["grid"], run["fields_path"], room=1e9))
    assert plan_for(run["fields_path"], 1.05 * whole).bits == 16
    assert plan_for(run["fields_path"], 0.95 * whole).bits == 12


def test_a_coarse_page_says_so_and_keeps_its_room(run):
    viewer = viewer_of(run["grid"], run["fields_path"], room=600)
    stride = viewer.about["stride"]
    assert stride > 1 and f"one voxel in {stride} along each axis" in viewer.words
    assert packed_size(viewer) <= 600
    for panel in fields_of(viewer).values():
        assert panel["edge_um"] == pytest.approx([0.4 * stride] * 3)
        assert np.multiply(panel["shape"], stride) == pytest.approx(run["grid"].shape, abs=stride)


def test_the_potential_of_the_solid_has_the_colours_of_its_time(run):
    panels = fields_of(viewer_of(run["grid"], run["fields_path"]))
    assert panels["phi_s"]["limits"] is None and panels["sto"]["limits"] is not None
    assert panels["phi_s"]["unit"] == "mV" and 3000 < panels["phi_s"]["frames"][-1]["low"] < 4000


def test_a_map_without_noise_shows_its_difference(run):
    bare = replace(run["comparisons"][0], sigma=None)
    viewer = viewer_of(run["grid"], run["fields_path"], [bare, "no map"], [{}, {}])
    titles = [panel["title"] for panel in viewer.about["panels"]]
    assert "Simulated − measured 1" in titles and "Measured 1: degree of lithiation" in titles


def test_no_word_of_the_user_ends_the_script(run):
    told = [{"quantity": "</script><b>"}]
    viewer = viewer_of(run["grid"], run["fields_path"], run["comparisons"], told)
    assert "<" not in viewer.json and json.loads(viewer.json)["panels"][3]["title"].endswith("</script><b>")


def test_shown_fields_are_those_of_the_file(run):
    assert shown_fields(run["fields_path"]) == FIELDS


def test_what_is_outside_the_sample_is_no_phase():
    phase = np.zeros((2, 3, 3), np.uint8)
    phase[:, 0] = 1
    grid = VoxelGrid(phase, ("pore", "outside"), 1e-6, masked=True)
    panel = viewer._phases(grid, 1, {})
    assert panel["names"] == ["pore"] and len(panel["own_colours"]) == 1
