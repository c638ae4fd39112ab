"""The job compton: arrays in, a map of lithium that prints, draws and saves itself."""

import json

import numpy as np
import pytest

import microsim as ms
from microsim.cli import main

from ..measured import BACKGROUND, STATES, photons

ENERGIES, COUNTS, TRUE_S = photons()
BEAM = {"energies": ENERGIES, "incident_keV": 115, "angle_deg": 90, "background": BACKGROUND}


@pytest.fixture(scope="module")
def lithium():
    return ms.compton_map(COUNTS, **BEAM, states=STATES, regions=2, voxel_size="5 um")


def test_arrays_give_what_the_command_prints(tmp_path, monkeypatch, capsys, lithium):
    monkeypatch.chdir(tmp_path)
    np.save("counts.npy", COUNTS)
    np.savetxt("E.txt", ENERGIES)
    np.savetxt("states.txt", STATES)
    options = "--energies E.txt --incident-keV 115 --angle-deg 90 --file-axes Exy --background=-10:-7,7:10"
    more = "--states states.txt --regions 2 --json -"
    assert main(["compton", "counts.npy", *options.split(), *more.split()]) == 0
    printed, found = json.loads(capsys.readouterr().out), lithium.numbers()
    assert list(printed) == list(found) and printed["mean"] == found["mean"]
    assert printed["regions"] == found["regions"] and printed["line"] == found["line"]
    assert (printed["stack"], found["stack"], found["states"]) == ("counts.npy", "array", "array")


def test_the_map_is_that_of_the_photons(lithium):
    known = np.isfinite(lithium.values[..., 0])
    z = ((lithium.s[..., 0] - TRUE_S) / lithium.s_sigma[..., 0])[known]
    assert np.abs(z).max() < 4.5 and known.sum() == 95 and lithium.quantity == "lithium"
    assert np.array_equal(np.asarray(lithium), lithium.values, equal_nan=True)
    plain = ms.compton_map(COUNTS, **BEAM)
    assert plain.quantity == "S" and plain.values is plain.s and len(plain.regions) == 3


def test_it_prints_draws_and_saves(lithium, tmp_path):
    assert repr(lithium).startswith("array: 760 channels, 12 x 8 x 1 pixels")
    assert "lithium = 0.4331 S" in repr(lithium) and "lithium = " in lithium._repr_html_()
    assert len(lithium.plot().axes) == 4 and lithium.write(tmp_path / "page").is_file()
    paths = lithium.save(tmp_path / "x.npy")
    assert [path.name for path in paths] == ["x.npy", "x_sigma.npy"]
    np.testing.assert_array_equal(np.load(paths[1]), lithium.sigma.astype("f4"))
    assert json.loads(lithium.save(tmp_path / "x.json").read_text())["quantity"] == "lithium"


def test_it_goes_on_as_arrays_with_axes(lithium):
    pytest.importorskip("xarray")
    found = lithium.to_xarray()
    assert set(found) == {"lithium", "sigma"} and found.x.values[1] == pytest.approx(7.5e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"counts": 7}, "expected a path, a known name or an array, got int"),
        ({"energies": ENERGIES[1:]}, "one energy for each of the 760 images, got 759"),
        ({"angle_deg": 200}, "angle_deg: expected a number above 0, at most 180"),
        ({"background": (1, 2)}, "background: expected two ranges"),
        ({"states": STATES[:, :1]}, "two columns"),
        ({"regions": 13}, "at most one for each of the 12 layers"),
        ({"transmission": [0.5]}, "a share above 0 for each of the 760"),
        ({"voxel_size": "5"}, "voxel_size: expected a length with its unit"),
    ],
)
def test_wrong_arguments(change, words):
    given = {"counts": COUNTS, **BEAM} | change
    with pytest.raises(ms.InputError, match=words):
        ms.compton_map(**given)


def test_energies_may_be_edges_of_the_channels_and_the_peak_shows_which():
    wide = ENERGIES.reshape(-1, 10)
    counts = COUNTS.reshape(-1, 10, 12, 8).sum(axis=1)
    beam = {**BEAM, "energies": wide.mean(axis=1)}
    middle, lower = ms.compton_map(counts, **beam), wide[:, 0] - 12.5
    assert "energies taken as centres of the channels" in repr(middle) and "off by" not in repr(middle)
    assert middle.beam["peak_found_eV"] == pytest.approx(middle.beam["peak_eV"], abs=5)
    for energies, what in (
        (lower, "lower"),
        (wide[:, -1] + 12.5, "upper"),
        (np.r_[lower, wide[-1, -1] + 12.5], "centres"),
    ):
        found = ms.compton_map(counts, **{**beam, "energies": energies}, channel_energies=what)
        np.testing.assert_allclose(found.s, middle.s, rtol=1e-9)
        if what != "centres":
            wrong = ms.compton_map(counts, **{**beam, "energies": energies})
            assert f"off by half a channel: --channel-energies {what}" in repr(wrong)
    assert found.beam["channel_energies"] == "edges"
    off = ms.compton_map(counts, **{**beam, "energies": wide.mean(axis=1) + 400})
    assert "off by 1.6 channels: check beam" in repr(off)


def test_energies_in_keV_and_shares_in_per_cent_are_refused(tmp_path):
    with pytest.raises(ms.InputError, match="channel energies in eV, got 85 to .* which may be keV"):
        ms.compton_map(COUNTS, **{**BEAM, "energies": ENERGIES / 1e3})
    with pytest.raises(ms.InputError, match="1 at most, got 760 from 80 to 80"):
        ms.compton_map(COUNTS, **BEAM, transmission=np.full(760, 80.0))
    with pytest.raises(ms.InputError, match="may be per cent"):
        ms.compton_map(COUNTS, **BEAM, states=STATES * [1, 100])
    (tmp_path / "states.txt").write_text("0,88;0,10\n0,72;0,03\n2,40;0,76\n")
    found = ms.compton_map(COUNTS, **BEAM, states=tmp_path / "states.txt")
    assert found.states[0].tolist() == [0.88, 0.72, 2.4] and found.states[1].tolist() == [0.1, 0.03, 0.76]


def test_no_warning_of_numpy_leaks_from_empty_pixels(recwarn):
    empty = COUNTS.copy()
    empty[:, :3] = 0
    ms.compton_map(empty, **BEAM, states=STATES).numbers()
    assert [str(w.message) for w in recwarn] == []


def test_lithium_beyond_the_reference_states_is_counted_and_told(tmp_path):
    """S of 0.9 on states of 1.6 to 1.7 made lithium of -5 with a sigma of 0.03, without a word."""
    low, high = float(np.nanmin(TRUE_S)), float(np.nanmax(TRUE_S))
    middle, reach = (low + high) / 2, high - low
    about = middle + reach * np.array([-1.0, 0.0, 1.0])
    within = ms.compton_map(COUNTS, **BEAM, states=np.column_stack([about, [0.2, 0.5, 0.8]]), regions=2)
    assert within.remarks == () and within.numbers()["remarks"] == []
    assert "beyond the states" in repr(within)
    far = np.column_stack([about + 5 * reach, [0.2, 0.5, 0.8]])
    found = ms.compton_map(COUNTS, **BEAM, states=far, regions=2)
    numbers, used = found.numbers(), int(np.isfinite(found.values).sum())
    assert numbers["pixels"]["beyond the states"] == used and numbers["beyond_states_share"] == 1
    assert [part["beyond_states"] for part in numbers["regions"]] == [
        part["pixels"] for part in numbers["regions"]
    ]
    assert numbers["line"]["S_range"] == pytest.approx([far[0, 0], far[-1, 0]])
    (said,) = numbers["remarks"]
    assert said.startswith(f"S of {used} of {used} pixels (100%) lies beyond the reference states")
    assert said in repr(found) and "carried on" in found.write(tmp_path).read_text(encoding="utf-8")
    half = ms.compton_map(COUNTS, **BEAM, states=np.column_stack([about + reach, [0.2, 0.5, 0.8]]))
    counts = half.numbers()
    assert counts["pixels"]["beyond the states"] == np.sum(half.s < about[0] + reach) > 0
    assert sum(part["beyond_states"] for part in counts["regions"]) == counts["pixels"]["beyond the states"]
    plain = ms.compton_map(COUNTS, **BEAM).numbers()
    assert plain["remarks"] == [] and plain["beyond_states_share"] is None
    assert "beyond the states" not in plain["pixels"]


def test_the_error_of_the_line_is_common_to_the_pixels_of_a_region():
    """Of 100 lines through twelve scattered states the 95 % intervals of the regions' lithium hold the true
    line's in 88 at least; with the line's error as that of each pixel by itself they did in 22."""
    rng, held = np.random.default_rng(0), []
    s = np.linspace(np.nanmin(TRUE_S), np.nanmax(TRUE_S), 12)
    one = ms.compton_map(COUNTS, **BEAM, regions=2)
    for _ in range(100):
        states = np.column_stack([s, 0.2 + 3 * s + rng.normal(0, 0.1, s.size)])
        found = ms.compton_map(COUNTS, **BEAM, states=states, regions=2)
        for region, plain in zip(found.regions, one.regions, strict=True):
            true = 0.2 + 3 * plain["mean"]
            held.append(abs(region["mean"] - true) < 1.96 * region["sigma"])
            counting = found.line.slope * plain["sigma"]
            alone = found.line.of(plain["mean"])[1]
            assert region["sigma"] == pytest.approx(np.hypot(counting, alone), rel=1e-9)
            assert region["mean"] == pytest.approx(found.line.of(plain["mean"])[0])
    assert np.mean(held) > 0.88
