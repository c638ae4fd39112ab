"""What voxels hold beside active material, by hand."""

from dataclasses import replace

import numpy as np

from microsim.cell.cut_image import CutImage
from microsim.mesh.grid import VoxelGrid

from ..cells import CBD, design


def image(labels, share, **more):
    grid = VoxelGrid(np.asarray(labels, np.uint8), ("pore", "am", "cbd"), 1e-6)
    grid = replace(grid, shares={"am": np.rint(255 * np.asarray(share, float)).astype(np.uint8)})
    return CutImage.of(grid, design(grid, within_voxels=True, **more))


def line(*values):
    return np.array(values, float)[:, None, None] * np.ones((1, 2, 2))


def test_the_rest_of_a_voxel_is_its_label_or_the_nearest_other_one():
    found = image(line(0, 0, 2, 1, 1), line(0, 0, 0.2, 0.7, 1))
    sigma, own = found.sigma[:, 0, 0], 0.18
    assert np.allclose(found.ionic.share[:, 0, 0], [1, 1, 0.8, 0.3, 0], atol=3e-3)
    assert np.allclose(found.electronic.share[:, 0, 0], [0, 0, 1, 1, 1])
    assert np.allclose(sigma[2:4], [0.2 * own + 0.8 * CBD.sigma, 0.7 * own + 0.3 * CBD.sigma], rtol=0.02)
    assert np.allclose(found.eps[2:4, 0, 0], CBD.porosity) and np.all(found.eps[:2] == 1)
    assert np.all(found.electronic.opening[0, 3:, :-1, :-1] == 1)


def test_clogged_carbon_binder_holds_no_electrolyte():
    labels = line(0, 0, 2, 1, 1)
    labels[:, 1] = np.where(labels[:, 1] == 2, 0, labels[:, 1])
    found = image(labels, line(0, 0, 0.2, 0.7, 1), cbd_transport_efficiency=0.0)
    assert not found.ionic.joined[2, 0].any() and found.ionic.joined[2, 1].all()
    assert np.all(found.ionic.opening[1, 2, 1] == 0)  # between the two
    assert np.all(found.electronic.opening[1, 2, 1, :-1] < 0.5)  # no carbon-binder on the one side


def test_what_no_path_joins_takes_no_part():
    found = image(line(0, 1, 0, 1, 1), line(0, 1, 0, 1, 1))
    assert found.ionic.joined[:, 0, 0].tolist() == [True, False, False, False, False]
    assert found.solid.joined[:, 0, 0].tolist() == [False, False, False, True, True]
