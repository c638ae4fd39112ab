"""A map from a stack that stays in its file: that of the stack in memory to the last digit, from less
memory."""

import subprocess
import sys
from dataclasses import fields

import h5py
import numpy as np
import pytest

import microsim as ms
from microsim.base.errors import InputError
from microsim.maps import filed_stack, soc_maps, soundness
from microsim.maps.filed_stack import FiledStack
from microsim.maps.mixture import References

from ..nickel import ENERGIES, spectrum

SHAPE = (5, 17, 23)
GRID = np.arange(8240.0, 8511.0)
PAIR = References(GRID, spectrum(GRID, np.array([0.0, 1.0])).T, ("charged", "discharged"))
BY_REFERENCES = {"method": "lcf", "references": PAIR, "reference_lithiation": [0.0, 1.0]}
WAYS = {
    "edge": {},
    "three energies": {"method": "three-energy"},
    "references": BY_REFERENCES,
    "sum to one": {**BY_REFERENCES, "method": {"name": "lcf", "sum_to_one": True, "normalised": True}},
    "masked": {
        "mask": "y=2:15",
        "least_jump": "otsu",
        "reference_lithiation": [0.0, 1.0],
        "references": PAIR,
    },
}


@pytest.fixture(scope="module")
def stack():
    """Absorption of a body of varying lithiation, with a spectrum that is not finite."""
    rng = np.random.default_rng(0)
    mu = spectrum(ENERGIES, 0.2 + 0.6 * rng.random(SHAPE)) + 0.003 * rng.standard_normal((60, *SHAPE))
    mu[7, 3, 5, 2] = np.nan
    return mu.astype(np.float32)


@pytest.fixture(params=["s.npy", "s.h5", "s.zarr"])
def path(request, stack, tmp_path):
    """The stack in a file of each kind, of another order of axes."""
    path, values = tmp_path / request.param, stack.transpose(0, 3, 2, 1)
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".h5":
        with h5py.File(path, "w") as file:
            file.create_dataset("mu", data=values, chunks=(7, 5, 6, 4), compression="gzip")
    else:
        zarr = pytest.importorskip("zarr", reason="needs the extra zarr")
        zarr.create_array(store=str(path), data=values, chunks=(7, 5, 6, 4))
    return path


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Parts of 200 spectra, which end within lines of voxels."""
    for module, name in ((filed_stack, "AT_ONCE"), (soc_maps, "CHUNK"), (soundness, "CHUNK")):
        monkeypatch.setattr(module, name, 200)


@pytest.mark.parametrize("way", WAYS)
def test_the_map_is_that_of_the_stack_in_memory(path, way, tmp_path):
    options = {"energies": ENERGIES, "file_axes": "Ezyx", "voxel_size": "40 nm", **WAYS[way]}
    found = ms.lithiation_map(path, **options, scratch=tmp_path / "scratch")
    expected = ms.lithiation_map(path, **options)
    assert isinstance(found.mu, FiledStack) and isinstance(expected.mu, np.ndarray)
    for one in fields(expected.measured):
        a, b = getattr(found.measured, one.name), getattr(expected.measured, one.name)
        np.testing.assert_array_equal(a, b) if isinstance(b, np.ndarray) else None
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_array_equal(found.sigma, expected.sigma)
    assert str(found.numbers()) == str(expected.numbers()) and found.counts["used"] > 500
    assert found.counts == expected.counts


def test_the_scratch_folder_is_empty_afterwards(stack, tmp_path):
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["mu"] = stack
    found = ms.lithiation_map(
        tmp_path / "s.h5", energies=ENERGIES, file_axes="Exyz", scratch=tmp_path / "scratch"
    )
    assert any((tmp_path / "scratch").iterdir())
    del found
    assert not any((tmp_path / "scratch").iterdir())


@pytest.mark.parametrize(
    "option, named",
    [
        ({"align": True}, "--align"),
        ({"clusters": 3}, "--clusters"),
        ({"flat": np.ones((60, *SHAPE))}, "--flat"),
    ],
)
def test_steps_that_look_at_the_whole_stack_are_refused(stack, tmp_path, option, named):
    with pytest.raises(InputError, match=f"--scratch: .*{named}"):
        ms.lithiation_map(stack, energies=ENERGIES, file_axes="Exyz", scratch=tmp_path, **option)


def test_a_page_is_for_spectra_in_memory(stack, tmp_path):
    np.save(tmp_path / "s.npy", stack)
    found = ms.lithiation_map(tmp_path / "s.npy", energies=ENERGIES, file_axes="Exyz", scratch=tmp_path)
    with pytest.raises(InputError, match="expected spectra in memory"):
        found.plot()


def test_what_is_needed_is_told_before(stack, tmp_path, monkeypatch):
    np.save(tmp_path / "s.npy", stack)
    options = {"energies": ENERGIES, "file_axes": "Exyz"}
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.001")  # 2.3 MB in memory, of 200 spectra at once 0.42
    with pytest.raises(InputError, match=r"expected enough memory, needs .*\(--scratch\)"):
        ms.lithiation_map(tmp_path / "s.npy", **options)
    assert ms.lithiation_map(tmp_path / "s.npy", **options, scratch=tmp_path).counts["used"] > 1000
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.0003")
    with pytest.raises(InputError, match=r"expected enough memory, needs .*crop the stack"):
        ms.lithiation_map(tmp_path / "s.npy", **options, scratch=tmp_path)


LIMITED = """
import resource, sys
import microsim.cli
import microsim.jobs.soc, microsim.maps.soc_maps, microsim.volumes.formats
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + {extra}, held + {extra}))
sys.exit(microsim.cli.main(sys.argv[1:]))
"""


def test_a_stack_larger_than_the_memory_that_is_there(tmp_path):
    """20 energies of 400 x 64 x 64 voxels in float32, 131 MB, of which the map needs 650 MB of memory, in a
    process that may take 400 MB."""
    energies, shape = ENERGIES[::3], (400, 64, 64)
    rng, values = np.random.default_rng(1), spectrum(ENERGIES[::3], np.linspace(0.2, 0.8, 64))
    array = np.lib.format.open_memmap(tmp_path / "s.npy", "w+", np.float32, (len(energies), *shape))
    for k in range(len(energies)):
        array[k] = values[k] + 0.003 * rng.standard_normal(shape)
    del array
    np.savetxt(tmp_path / "E.txt", energies)
    script = tmp_path / "limited.py"
    script.write_text(LIMITED.format(extra=4 * 10**8))
    words = ["soc", tmp_path / "s.npy", "--energies", tmp_path / "E.txt", "--file-axes", "Exyz"]
    words += ["--out", tmp_path / "map.npy"]
    for more, code in (([], 2), (["--scratch", tmp_path / "scratch"], 0)):
        command = [sys.executable, script, *words, *more]
        done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, done.stderr
        assert ("expected enough memory" in done.stderr) == (code == 2)
    assert np.isfinite(np.load(tmp_path / "map.npy")).all()
