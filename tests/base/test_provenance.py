"""Where numbers come from."""

from types import SimpleNamespace

import numpy as np

from microsim.base import provenance
from microsim.base.provenance import peak_memory_bytes, volume_origin


def test_peak_memory_grows_with_what_was_held():
    before = peak_memory_bytes()
    held = np.ones(before // 8)  # on top of what is held now, which is at most `before`
    assert before > 2**24  # the interpreter and NumPy alone; in bytes, whatever the system counts in
    assert before < peak_memory_bytes() <= 1.1 * (before + held.nbytes)


def test_a_volume_is_named_by_its_source_and_content():
    source = SimpleNamespace(name="a.tif", sha256="12ab")
    known = SimpleNamespace(source=source, voxel_size=(1e-7,) * 3, sized=True)
    named = {"voxel_size_m": (1e-7,) * 3, "volume": "a.tif", "volume_sha256": "12ab"}
    assert volume_origin(known) == named
    unknown = SimpleNamespace(source=source, voxel_size=(1.0,) * 3, sized=False)
    assert volume_origin(unknown) == {**named, "voxel_size_m": None}


def test_the_build_is_that_of_the_code_that_decides_numbers(tmp_path, monkeypatch):
    """Compiled files that a run leaves beside the code are none of it."""
    (tmp_path / "cell" / "__pycache__").mkdir(parents=True)
    (tmp_path / "report").mkdir()
    (tmp_path / "cell" / "step.py").write_text("dt = 1")
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    before = provenance.build.__wrapped__()
    (tmp_path / "cell" / "__pycache__" / "step.nbc").write_text("a kernel")
    (tmp_path / "cell" / "__pycache__" / "step.pyc").write_text("")
    (tmp_path / "report" / "page.py").write_text("title = 2")
    assert provenance.build.__wrapped__() == before
    (tmp_path / "cell" / "step.py").write_text("dt = 2")
    assert provenance.build.__wrapped__() != before
