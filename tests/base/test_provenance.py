"""Where numbers come from."""

from types import SimpleNamespace

import numpy as np

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
