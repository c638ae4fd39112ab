from dataclasses import replace

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.delamination import Delamination, gap_sheet
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode

GAP = Delamination(share=0.6, height=1.2e-6, depth=0.5)


def drawn(gap, seed=0):
    return gap_sheet(gap, (48, 40, 40), 0.4e-6, np.random.default_rng(seed))


@pytest.mark.parametrize("share", [0.2, 0.69, 1.0])
@pytest.mark.parametrize("depth", [0.5, 1.0])
def test_a_gap_covers_its_share_of_the_section(share, depth):
    found = drawn(replace(GAP, share=share, depth=depth))
    assert found.any(0).mean() == pytest.approx(share, abs=1e-3)
    assert np.all(found.sum(0)[found.any(0)] == 3)  # voxels high
    middle = np.argwhere(found)[:, 0].mean()
    assert middle == pytest.approx(24 if depth == 0.5 else 46, abs=1.5)


def test_at_the_collector_it_is_flat():
    assert np.array_equal(np.flatnonzero(drawn(replace(GAP, depth=1.0)).any((1, 2))), [45, 46, 47])


def test_nothing_fills_the_gap_and_the_fractions_hold():
    recipe = ElectrodeRecipe(shape=(48, 40, 40), largest_diameter=8e-6, delamination=replace(GAP, share=0.8))
    made, whole = build_electrode(recipe), build_electrode(replace(recipe, delamination=None))
    layer = np.mean(made.phase[20:28] == 0, axis=(1, 2)).max()
    assert layer > 0.5 and layer > np.mean(whole.phase[20:28] == 0, axis=(1, 2)).max() + 0.1
    assert [np.mean(made.phase == k) for k in (1, 2)] == pytest.approx([0.58, 0.09], abs=1e-3)


@pytest.mark.parametrize("height", [1e-8, 9e-6])
def test_a_gap_that_the_voxels_do_not_resolve_is_refused(height):
    with pytest.raises(InputError, match="1 voxel to a third of the thickness"):
        drawn(replace(GAP, height=height))
