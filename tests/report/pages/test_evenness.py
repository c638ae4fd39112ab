"""The page of maps by piece."""

import numpy as np

import microsim as ms
from microsim.mesh.grid import VoxelGrid

from ..reading import check_page, text_of


def test_the_page_holds_figures_and_tables(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.zeros((24, 24, 24), np.uint8)
    for j in range(2, 24, 8):
        for k in range(2, 24, 8):
            labels[3:20, j : j + 5, k : k + 5] = 1
    grid = VoxelGrid(labels, ("pore", "am"), (1e-7,) * 3)
    values = np.where(labels == 1, 0.5 + 0.1 * rng.random(labels.shape), np.nan)
    found = ms.evenness(grid, [values, values + 0.1], times=[0.0, 60.0])
    path = found.write(tmp_path)
    check_page(path, ["evenness_sizes", "evenness_profiles"])
    text = text_of(path)
    assert "No noise is known" in text and "Particles by diameter, last map" in text
    assert len(found.plot().axes) == 4
    assert "2 maps of" in text
    assert "1 map of" in text_of(ms.evenness(grid, [values]).write(tmp_path / "one"))
