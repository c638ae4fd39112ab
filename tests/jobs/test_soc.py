"""The job soc: spectra in, a map of lithiation with its uncertainty and reasons, of files or arrays."""

import json

import numpy as np
import pytest
import tifffile

import microsim as ms
from microsim.cli import main
from microsim.maps.mixture import References

from ..nickel import ENERGIES, spectrum

SHAPE = (16, 12)
GRID = np.arange(8240.0, 8511.0)
PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"))
STATES = np.linspace(0, 1, 11)


def frames():
    """Frames of a disc [energy, x, y] with dark frames, one saturated pixel, and the disc's lithiation."""
    rng, (x, y) = np.random.default_rng(0), np.mgrid[: SHAPE[0], : SHAPE[1]]
    disc, s = (x - 8) ** 2 + (y - 6) ** 2 < 25, 0.2 + 0.6 * x / SHAPE[0]
    mu = np.where(disc, spectrum(ENERGIES, s) + 0.3, 0.0)
    sample = rng.poisson(30_000 * np.exp(-mu)) + 100
    flat = rng.poisson(30_000, sample.shape) + 100
    sample[3, 8, 6] = 65535
    return sample.astype(np.uint16), flat.astype(np.uint16), np.where(disc, s, np.nan)


SAMPLE, FLAT, TRUTH = frames()
FRAMES = {"energies": ENERGIES, "flat": FLAT, "dark": np.full((4, *SHAPE), 100), "least_jump": 0.3}


@pytest.fixture(scope="module")
def curve():
    series = (1.2 * spectrum(ENERGIES, STATES) + 0.3).T
    return ms.calibrate(series, energies=ENERGIES, lithiation=STATES, degree=3, noise=1e-4)


@pytest.fixture(scope="module")
def found(curve):
    return ms.lithiation_map(SAMPLE, **FRAMES, calibration=curve, voxel_size="40 nm")


def test_arrays_give_what_the_command_prints(found, curve, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name, array in (("frames", SAMPLE), ("flat", FLAT), ("dark", FRAMES["dark"].astype(np.uint16))):
        tifffile.imwrite(f"{name}.tif", array.transpose(0, 2, 1), photometric="minisblack")
    np.savetxt("E.txt", ENERGIES)
    curve.save("c.json")
    options = "--energies E.txt --flat flat.tif --dark dark.tif --least-jump 0.3 --calibration c.json"
    assert main(["soc", "frames.tif", *options.split(), "--voxel-size-nm", "40", "--json", "-"]) == 0
    printed, numbers = json.loads(capsys.readouterr().out), found.numbers()
    assert list(printed) == list(numbers)
    for key in ("mean", "std", "sigma_rms", "budget", "voxels", "voxel_size_m", "shape"):
        assert printed[key] == json.loads(json.dumps(numbers[key])), key
    assert printed["calibration"]["file"] == "c.json" and numbers["calibration"]["file"] is None


def test_the_map_is_the_truth_within_its_error(found):
    known = np.isfinite(found.values[..., 0])
    assert known.sum() == found.counts["used"] == np.isfinite(TRUTH).sum() - 1
    z = ((found.values[..., 0] - TRUTH) / found.sigma[..., 0])[known]
    assert np.abs(z).max() < 5 and z.std() == pytest.approx(1, abs=0.3)
    assert found.counts["saturated"] == 1 and found.reason[8, 6, 0] > 0


def test_it_prints_draws_and_saves(found, tmp_path):
    assert repr(found).startswith("array: 60 energies, 16 x 12 x 1 voxels, edge")
    for words in ("mean", "sigma_rms", "error: counting", "1 saturated"):
        assert words in repr(found) and words in found._repr_html_()
    assert len(found.plot().axes) == 6 and found.write(tmp_path / "page").is_file()
    paths = found.save(tmp_path / "soc.tif")
    assert [path.name for path in paths] == ["soc.tif", "soc_sigma.tif"]
    back = ms.compare(found, str(paths[0]))
    assert back.metrics["n_voxels"] == found.counts["used"] and back.metrics["rmse"] < 1e-7


def test_a_map_goes_on_to_the_next_job(found):
    again = ms.compare(found, found)
    assert again.metrics["rmse"] == 0 and again.numbers()["measured"]["voxel_size_m"] == (4e-8,) * 3


def test_references_of_known_lithiation_are_enough_and_none_is_the_quantity(tmp_path):
    for method in ("edge", {"name": "three-energy", "three": (8325, 8348, 8456)}, "lcf"):
        found = ms.lithiation_map(
            SAMPLE, **FRAMES, method=method, references=PAIR, reference_lithiation=(0, 1)
        )
        assert found.quantity == "lithiation" and np.nanmean(found.values) == pytest.approx(
            np.nanmean(TRUTH), abs=0.05
        )
    plain = ms.lithiation_map(SAMPLE, **FRAMES)
    assert (plain.quantity, plain.unit) == ("edge_energy_eV", "eV") and plain.lithiation is None
    assert 8346.5 < plain.numbers()["mean"] < 8348.5
    assert list(plain.numbers()["budget"]) == ["counting", "windows"]
    assert "with other ends of the scan they move by" in repr(plain)
    assert "other ends of the scan" in plain.write(tmp_path).read_text()


def test_drift_and_clusters_are_kept(curve):
    moved = [np.roll(image, k // 20, axis=0) for k, image in enumerate(SAMPLE)]
    options = {**FRAMES, "flat": FLAT[:1], "dark": None, "least_jump": 0.3}
    found = ms.lithiation_map(np.array(moved), **options, calibration=curve, align=True, clusters=2)
    assert found.shifts.shape == (60, 3) and found.numbers()["largest_drift_voxels"] > 1
    assert len(found.numbers()["components"]["cluster_voxels"]) == 2
    assert "No dark frames were given (--dark)" in repr(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stack": 3}, "expected a path, a known name or an array, got int"),
        ({"energies": None}, "expected the energies of array, got none"),
        ({"energies": ENERGIES[1:]}, "one energy for each of the 60 images, got 59"),
        ({"method": {"level": 2}}, "level: expected a number from 0.01"),
        ({"method": {"slope": 2}}, "method: expected the keys name, kind"),
        ({"method": "lcf"}, "--calibration: expected one of the method lcf, got one of edge"),
        ({"calibration": None, "method": "lcf"}, "add --references"),
        ({"references": PAIR, "reference_lithiation": [1]}, "one number for each of charged, discharged"),
        ({"flat": None}, "--dark: expected reference frames"),
        ({"flat": FLAT[:, :3]}, "same camera region"),
        ({"least_jump": "most"}, "least_jump: expected a number"),
        ({"least_jump": 9}, "none of 192"),
        ({"clusters": 1}, "clusters: expected a whole number from 2"),
        ({"voxel_size": "40"}, "voxel_size: expected a length with its unit"),
    ],
)
def test_wrong_arguments(curve, change, words):
    given = {"stack": SAMPLE, **FRAMES, "calibration": curve} | change
    with pytest.raises(ms.InputError, match=words):
        ms.lithiation_map(**given)


def test_what_a_calibration_was_made_with_binds_the_stack(curve):
    mu = 1.2 * spectrum(ENERGIES, np.array([[0.3, 0.7]])) + 0.3
    found = ms.lithiation_map(mu, energies=ENERGIES, calibration=curve)
    assert found.values.ravel() == pytest.approx([0.3, 0.7], abs=0.02)
    few = ENERGIES < 8470
    for change, words in (
        (
            {"stack": mu[few], "energies": ENERGIES[few]},
            "cover the windows of the calibration .pre-edge 8250",
        ),
        ({"stack": mu[3:], "energies": ENERGIES[3:]}, "cover the windows of the calibration"),
        ({"method": {"level": 0.6}}, "--level: expected that of the calibration, 0.5, got 0.6"),
        ({"method": {"windows": {"pre": "8250:8300"}}}, "--pre: expected that of the calibration"),
        ({"method": {"normalised": True}}, "--normalised: expected that of the calibration"),
    ):
        with pytest.raises(ms.InputError, match=words):
            ms.lithiation_map(**{"stack": mu, "energies": ENERGIES, "calibration": curve} | change)


def test_a_calibration_of_normalised_spectra_takes_no_raw_stack():
    plain = spectrum(ENERGIES, STATES) - 0.5 + np.arctan(97 / 1.5) / np.pi
    made = {"energies": ENERGIES, "lithiation": STATES, "degree": 3, "noise": 1e-4}
    of_plain = ms.calibrate(plain.T, **made, method={"normalised": True})
    some = plain[:, [3, 7], None]
    found = ms.lithiation_map(some, energies=ENERGIES, calibration=of_plain)
    assert found.values.ravel() == pytest.approx([0.3, 0.7], abs=0.02)
    with pytest.raises(ms.InputError, match="leave --normalised out, of the calibration too"):
        ms.lithiation_map(1.7 * some + 0.4, energies=ENERGIES, calibration=of_plain)
    of_both = ms.calibrate(plain.T, **made)  # without --normalised: fits spectra of either kind
    for stack in (some, 1.7 * some + 0.4):
        found = ms.lithiation_map(stack, energies=ENERGIES, calibration=of_both)
        assert found.values.ravel() == pytest.approx([0.3, 0.7], abs=0.02)


def test_a_bad_image_and_transmission_for_absorption_are_refused(curve):
    mu = 1.2 * spectrum(ENERGIES, np.array([[0.3, 0.7]])) + 0.3
    bad = mu.copy()
    bad[4] = 0.0
    with pytest.raises(ms.InputError, match=r"got 8292\.86 eV"):
        ms.lithiation_map(bad, energies=ENERGIES)
    for falling in (-mu, np.exp(-mu)):
        with pytest.raises(ms.InputError, match="a mean spectrum that falls"):
            ms.lithiation_map(falling, energies=ENERGIES)


def test_a_calibration_at_three_energies_needs_these_energies():
    three = {"name": "three-energy", "three": (8325, 8348, 8456)}
    series = (1.2 * spectrum(ENERGIES, STATES) + 0.3).T
    made = ms.calibrate(series, energies=ENERGIES, lithiation=STATES, method=three, noise=1e-4, degree=3)
    assert made.calibration.settings["three"] == pytest.approx((8325.0, 8348.0, 8456.36), abs=0.01)
    at = np.array([8325.0, 8348.0, 8456.36])
    mu = 1.5 * spectrum(at, np.array([[0.3, 0.7]])) + 0.1
    found = ms.lithiation_map(mu, energies=at, calibration=made)
    assert found.values.ravel() == pytest.approx([0.3, 0.7], abs=0.02)
    with pytest.raises(ms.InputError, match="images at the energies of the calibration"):
        ms.lithiation_map(mu, energies=at + [0, 0.5, 0], calibration=made)


def test_no_warning_of_numpy_leaks(curve, recwarn):
    mu = 1.2 * spectrum(ENERGIES, np.random.default_rng(0).random((5, 6))) + 0.3
    mu[:, 0], mu[:, 1] = np.nan, 0.0
    mu[3, 2, 0], mu[5, 3, 0] = np.inf, 1e30
    for options in ({"calibration": curve}, {}, {"method": {"kind": "peak"}}):
        ms.lithiation_map(mu, energies=ENERGIES, least_jump="otsu", **options).numbers()
    lcf = {"method": "lcf", "references": PAIR, "reference_lithiation": (0, 1)}
    ms.lithiation_map(mu, energies=ENERGIES, **lcf).numbers()
    ms.lithiation_map(
        mu, energies=ENERGIES, **lcf | {"method": {"name": "lcf", "sum_to_one": True}}
    ).numbers()
    assert [str(w.message) for w in recwarn] == []


def test_what_is_outside_the_sample_is_counted_apart(curve, tmp_path):
    """Spectra beyond the field of view, here those of another state, have no share in the map."""
    x, y = np.mgrid[: SHAPE[0], : SHAPE[1]]
    inside = (x - 7.5) ** 2 + (y - 5.5) ** 2 <= 36
    s = np.where(inside, 0.3, 0.9)
    options = {"energies": ENERGIES, "calibration": curve, "noise": 1e-3}
    stack = spectrum(ENERGIES, s) * 1.2 + 0.3
    whole = ms.lithiation_map(stack, **options)
    assert "outside" not in whole.counts and whole.numbers()["mean"] > 0.4
    masks = {"disc": "cylinder", "array": inside[:, :, None], "box": "x=4:12,y=3:9"}
    tifffile.imwrite(tmp_path / "mask.tif", inside.T.astype("u1"))
    for name, mask in {**masks, "file": str(tmp_path / "mask.tif")}.items():
        found = ms.lithiation_map(stack, **options, mask=mask)
        count = 48 if name == "box" else int(inside.sum())
        assert found.counts == {"used": count, "outside": s.size - count, "beyond calibration": 0}, name
        assert found.numbers()["mean"] == pytest.approx(0.3, abs=0.01), name
        assert np.isnan(found.values).sum() == s.size - count


def test_three_images_have_a_page_with_a_calibration_of_many_energies(tmp_path):
    three = {"name": "three-energy", "three": (8325, 8348, 8456)}
    options = {"energies": ENERGIES, "lithiation": STATES, "method": three, "degree": 3, "noise": 1e-4}
    known = ms.calibrate(spectrum(ENERGIES, STATES).T, **options)
    at = list(known.calibration.settings["three"])
    truth = np.linspace(0.2, 0.8, 60).reshape(10, 6)
    mu = spectrum(np.array(at), truth)
    found = ms.lithiation_map(mu, energies=at, calibration=known, noise=1e-3, voxel_size="40 nm")
    assert found.write(tmp_path).is_file()
    np.testing.assert_allclose(found.values[..., 0], truth, atol=0.01)


@pytest.mark.parametrize(("off", "told"), [(0, False), (10, True), (-6, True)])
def test_references_of_another_energy_scale_are_told(off, told):
    """Of noisy spectra, too, whose own misfit is as large: a stack 10 eV off made a map of one end."""
    noise = np.random.default_rng(1).normal(0, 0.1, (ENERGIES.size, 12, 10))
    mu = spectrum(ENERGIES, np.full((12, 10), 0.4)) + noise
    lcf = {"method": "lcf", "references": PAIR, "reference_lithiation": (0, 1), "noise": 0.1}
    found = ms.lithiation_map(mu, energies=ENERGIES + off, **lcf)
    assert any("of the mean spectrum: they are of another energy scale" in s for s in found.remarks) == told
    assert (abs(np.nanmean(found.values) - 0.4) < 0.03) != told


def test_a_noise_that_no_absorption_has_is_refused():
    with pytest.raises(ms.InputError, match="noise: expected a number above 0, at most 1e"):
        ms.lithiation_map(np.ones((3, 2, 2)), energies=[1e3, 2e3, 3e3], noise=1e300)


@pytest.mark.parametrize("method", ["lcf", "edge", "three-energy"])
def test_references_the_wrong_way_round_are_told(method, tmp_path):
    three = {"three": (8325, 8348, 8456)} if method == "three-energy" else {}
    given = {"energies": ENERGIES, "references": PAIR, "method": {"name": method, **three}, "noise": 1e-3}
    mu = spectrum(ENERGIES, np.full((3, 3), 0.3)) + 0.1
    right = ms.lithiation_map(mu, **given, reference_lithiation=[0, 1])
    assert right.remarks == ("lithiation of the references: charged 0, discharged 1",)
    swapped = ms.lithiation_map(mu, **given, reference_lithiation=[1, 0])
    told, against = swapped.numbers()["remarks"]
    assert told == "lithiation of the references: charged 1, discharged 0" and told in repr(swapped)
    assert against.startswith("The K edge of Ni rises by 2") and against in repr(swapped)
    assert swapped.numbers()["mean"] == pytest.approx(1 - right.numbers()["mean"], abs=1e-6)
    assert ("shift of the references: 0.000 eV" in repr(right)) is (method == "lcf")
    assert "wrong way round" in swapped.write(tmp_path).read_text(encoding="utf-8")


def test_a_calibration_the_wrong_way_round_is_told(tmp_path):
    series, mu = spectrum(ENERGIES, STATES), spectrum(ENERGIES, np.full((3, 3), 0.3))
    for method in ("edge", {"name": "three-energy", "three": (8325, 8348, 8456)}):
        options = {"energies": ENERGIES, "method": method, "degree": 2, "noise": 1e-4}
        assert ms.calibrate(series.T, lithiation=STATES, **options).remarks == ()
        turned = ms.calibrate(series.T, lithiation=STATES[::-1], **options)
        (said,) = turned.numbers()["remarks"]
        assert "if --lithiation is the wrong way round" in said and said in repr(turned)
        found = ms.lithiation_map(mu, energies=ENERGIES, calibration=turned, noise=1e-3)
        assert ("oxidised as lithium leaves" in " ".join(found.remarks)) is (method == "edge")
    assert ms.lithiation_map(mu, energies=ENERGIES, noise=1e-3).remarks == ()


RISE = np.arange(8250.0, 8601.0)


def rising(energies, at):
    """An edge at some energies, with a white line behind it [energy, spectrum]."""
    off = energies[:, None] - np.atleast_1d(at)
    return 0.5 + np.arctan(off / 1.5) / np.pi + 0.4 * np.exp(-(((off - 4) / 3) ** 2))


@pytest.fixture(scope="module")
def two_references(tmp_path_factory):
    path = tmp_path_factory.mktemp("two") / "refs.csv"
    table = np.column_stack([RISE, rising(RISE, [8343.0, 8346.0])])
    np.savetxt(path, table, delimiter=",", header="energy_eV,full,empty", comments="")
    x, rng = np.linspace(0.1, 0.9, 12).reshape(3, 4), np.random.default_rng(1)
    full, empty = rising(RISE, [8343.0, 8346.0]).T
    stack = np.multiply.outer(full, x) + np.multiply.outer(empty, 1 - x)
    return str(path), x, stack + rng.normal(0, 0.003, stack.shape)


@pytest.mark.parametrize("off", [-2.0, 1.0, 2.5])
def test_a_shift_that_leaves_little_of_the_spectra_is_told(two_references, off):
    """They leave 1 or 2 % of the spectra, as noise may, and lithiation is off by 0.3 to 0.5."""
    references, x, stack = two_references
    given = {"references": references, "reference_lithiation": (1, 0), "voxel_size": "90 nm"}
    found = ms.lithiation_map(stack, energies=RISE + off, method="lcf", **given)
    assert np.abs(found.values.reshape(x.shape) - x).mean() > 0.2
    said = [one for one in found.remarks if "another energy scale" in one]
    assert len(said) == 1 and f"moved by {off:+.2g} eV" in said[0] and "lithiation 0.5 in place" in said[0]
    for method, shift in (
        ({"name": "lcf", "shift": "fit"}, off),
        ({"name": "lcf", "shift": off}, off),
        ("lcf", 0),
    ):
        there = ms.lithiation_map(stack, energies=RISE + shift, method=method, **given)
        assert "energy scale" not in " ".join(there.remarks)
        assert there.values.reshape(x.shape) == pytest.approx(x, abs=0.03)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"reference_lithiation": (1, 1)}, "expected two different numbers at least, got 1 for full, empty"),
        ({"noise": 0}, "noise: expected a number above 0"),
        ({"noise": np.zeros(RISE.size)}, "noise: expected standard deviations above 0"),
        ({"noise": -np.ones(RISE.size)}, "noise: expected standard deviations above 0"),
    ],
)
def test_what_would_make_no_uncertainty_is_refused(two_references, options, says):
    references, _, stack = two_references
    given = {"references": references, "reference_lithiation": (1, 0), "voxel_size": "90 nm", "method": "lcf"}
    with pytest.raises(ms.InputError, match=says):
        ms.lithiation_map(stack, energies=RISE, **(given | options))


# ---- what numpy.ma masks -----------------------------------------------------------------------------------


def test_a_masked_spectrum_has_no_value(found, curve):
    hidden = np.zeros(SAMPLE.shape, bool)
    hidden[:, 8, 4] = True
    hidden[7, 9, 4] = True  # at one energy
    filled = np.where(hidden, 40_000, SAMPLE)
    masked = ms.lithiation_map(np.ma.masked_array(filled, hidden), **FRAMES, calibration=curve)
    gone = hidden.any(axis=0)[..., None]
    assert np.isnan(masked.values[gone]).all() and np.isfinite(found.values[gone]).all()
    np.testing.assert_array_equal(masked.values[~gone], found.values[~gone])
    assert masked.counts["saturated"] == found.counts["saturated"] == 1  # though its numbers are floats then
    images = [np.ma.masked_array(image, lost) for image, lost in zip(filled, hidden)]
    listed = ms.lithiation_map(images, **FRAMES, calibration=curve)
    np.testing.assert_array_equal(listed.values, masked.values)


def test_masked_frames_and_energies(found, curve):
    hidden = np.zeros(SHAPE, bool)
    hidden[8, 4] = True
    for name in ("flat", "dark"):
        frames_ = FRAMES | {
            name: np.ma.masked_array(FRAMES[name], hidden & np.ones(FRAMES[name].shape, bool))
        }
        seen = ms.lithiation_map(SAMPLE, **frames_, calibration=curve)
        assert np.isnan(seen.values[8, 4]).all() and seen.counts["not finite"] == 1
    energies = np.ma.masked_array(ENERGIES, ENERGIES == ENERGIES[3])
    with pytest.raises(ms.InputError, match="expected finite energies, got 1 that are not"):
        ms.lithiation_map(SAMPLE, **FRAMES | {"energies": energies}, calibration=curve)


# ---- three images -----------------------------------------------------------------------------------------


THREE = {"energies": [8325.0, 8346.0, 8400.0], "method": "three-energy", "least_jump": 0.5}


def three_images(x, sigma, seed):
    noise = np.random.default_rng(seed).normal(size=(3, *x.shape))
    mixed = np.multiply.outer(PAIR.at(THREE["energies"])[0], 1 - x)
    return mixed + np.multiply.outer(PAIR.at(THREE["energies"])[1], x) + 0.2 + sigma * noise


def test_three_images_without_a_noise_take_it_from_neighbours(tmp_path):
    """Their sigma had no noise in it at all: repeats of a map differed by five times what it said."""
    x = np.where(np.arange(12) < 6, 0.3, 0.6)[:, None, None] * np.ones((12, 16, 16))
    given = {**THREE, "references": PAIR, "reference_lithiation": [0, 1], "voxel_size": "500 nm"}
    maps = [ms.lithiation_map(three_images(x, 0.02, seed), **given) for seed in range(3)]
    scatter = np.std([one.values for one in maps], axis=0, ddof=1)
    stated = maps[0].numbers()
    assert 0.9 < stated["sigma_rms"] / np.sqrt(np.mean(scatter**2)) < 1.15
    assert stated["noise_of_neighbours"] == pytest.approx(0.02, rel=0.05)
    assert any("noise that they share" in one and "--flat" in one for one in maps[0].remarks)
    assert 0.8 < ms.compare(x, maps[0], voxel_size="500 nm").metrics["chi2"] < 1.2
    (loss,) = ms.losses(maps, material="NMC811_crystal").numbers()["loss"]
    assert abs(loss["mean_mAh_g"]) < 3 * loss["sigma_mAh_g"]
    known = ms.lithiation_map(three_images(x, 0.02, 0), **given, noise=0.02)
    assert known.numbers()["noise_of_neighbours"] is None and known.remarks == maps[0].remarks[:1]
    assert known.numbers()["sigma_rms"] == pytest.approx(stated["sigma_rms"], rel=0.05)
    assert maps[0].write(tmp_path).is_file()


def test_without_any_noise_no_sigma_is_stated(tmp_path):
    """A sigma of zeros was written, and the next command took it for the noise."""
    given = {**THREE, "references": PAIR, "reference_lithiation": [0, 1], "voxel_size": "500 nm"}
    few = np.full((3, 3, 3), 0.4)
    found = ms.lithiation_map(three_images(few, 0.02, 1), **given)
    (tmp_path / "soc_sigma.tif").write_bytes(b"of an earlier map")
    assert found.sigma is None and [p.name for p in found.save(tmp_path / "soc.tif")] == ["soc.tif"]
    assert not (tmp_path / "soc_sigma.tif").exists()
    numbers = found.numbers()
    assert numbers["sigma_rms"] is None and numbers["budget"]["counting"] is None
    assert "No uncertainty is stated" in found.remarks[-1] and "error: counting" not in repr(found)
    assert found.write(tmp_path / "page").is_file() and len(found.plot().axes) == 4
    assert list(found.to_xarray()) == ["lithiation"]
    later = ms.lithiation_map(three_images(few, 0.02, 2), **given)
    for pair in ([found, later], [str(tmp_path / "soc.tif")] * 2):
        extent = ms.losses(pair, material="NMC811_crystal").numbers()["extent"][0]
        assert extent["sigma_mAh_g"] is None
    line = ms.lithiation_map(three_images(np.full((9, 1, 1), 0.4), 0.02, 1), **given)
    assert line.sigma is None and line.write(tmp_path / "line").is_file()
    plain = ms.lithiation_map(three_images(few, 0.02, 1), **THREE)
    assert plain.quantity == "m" and plain.sigma is None and plain.numbers()["sigma_rms"] is None


@pytest.mark.parametrize("x", [np.full((8, 6), 0.4), np.arange(48).reshape(8, 6) % 2 * 1.0])
def test_the_error_of_a_fitted_shift_is_common_to_all_voxels_and_stated(x):
    """Means of repeated maps scatter by 0.02; the noise of 48 voxels alone would make it 0.006."""
    energies, rng, means, parts = np.arange(8250.0, 8500.0), np.random.default_rng(1), [], []
    ends = spectrum(energies - 0.3, np.array([0.0, 1.0]))
    clean = np.multiply.outer(ends[:, 0], 1 - x) + np.multiply.outer(ends[:, 1], x) + 0.2
    given = {"energies": energies, "references": PAIR, "reference_lithiation": [0, 1]}
    for _ in range(16):
        mu = clean + 0.05 * rng.standard_normal(clean.shape)
        found = ms.lithiation_map(mu, method={"name": "lcf", "shift": "fit"}, **given)
        means.append(np.mean(found.values))
        parts.append(found.numbers()["budget"])
    shift, counting = (np.mean([part[name] for part in parts]) for name in ("shift", "counting"))
    assert 0.65 < np.hypot(shift, counting / np.sqrt(48)) / np.std(means, ddof=1) < 1.6
    assert shift > counting / np.sqrt(48) and np.mean(means) == pytest.approx(x.mean(), abs=0.015)
    assert found.numbers()["method"]["shift_sigma"] == pytest.approx(0.07, abs=0.02)
    assert "error: shift" in repr(found) and " ± 0.0" in repr(found)
    assert (found.sigma >= parts[-1]["shift"]).all()
    given_shift = ms.lithiation_map(mu, method={"name": "lcf", "shift": 0.3}, **given)
    assert "shift" not in given_shift.numbers()["budget"]


def test_a_shift_is_fitted_where_the_weights_add_up_to_one():
    """Of absorption as measured: its background and jump were taken for a shift of -0.5 eV."""
    energies, x = np.arange(8250.0, 8500.0), np.full((4, 4), 0.4)
    ends = spectrum(energies - 0.3, np.array([0.0, 1.0]))
    mu = 1.4 * (np.multiply.outer(ends[:, 0], 1 - x) + np.multiply.outer(ends[:, 1], x)) + 0.2
    given = {"energies": energies, "references": PAIR, "reference_lithiation": [0, 1]}
    found = ms.lithiation_map(mu, method={"name": "lcf", "shift": "fit", "sum_to_one": True}, **given)
    assert found.measured.method.shift == pytest.approx(0.3, abs=0.25)
    assert found.values == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize(("off", "share"), [(0.0, None), (0.7, "%"), (-0.7, "%"), (1.6, "%")])
def test_voxels_beyond_the_states_of_a_calibration_are_told(curve, off, share):
    """An energy scale that is 0.7 eV off made 0.35 of lithiation, all but the voxels' count without a word;
    noise at the last states is none of that."""
    rng, x = np.random.default_rng(0), np.linspace(0, 1, 400).reshape(20, 20)
    mu = spectrum(ENERGIES, x) + 0.02 * rng.standard_normal((ENERGIES.size, 20, 20))
    told = ms.lithiation_map(mu, energies=ENERGIES + off, calibration=curve, noise=0.02).remarks
    said = [one for one in told if "sigma and more beyond the states of the calibration" in one]
    assert bool(said) is (share is not None), told
    assert not said or "(lithiation 0.00 to 1.00; the map's mean is" in said[0]
