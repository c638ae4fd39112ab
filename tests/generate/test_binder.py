from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from microsim.base.errors import InputError
from microsim.generate.binder import BinderShape
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.shapes.measures import clusters

BASE = ElectrodeRecipe(
    shape=(64, 40, 40), active_fraction=0.5, cbd_fraction=0.12, median_diameter=5e-6, largest_diameter=7e-6
)
KINDS = ("bridges", "films", "fibres", "aggregates")


@pytest.fixture(scope="module")
def made():
    return {kind: build_electrode(replace(BASE, binder=BinderShape(kind))) for kind in KINDS}


def heights(electrode):
    """Distance of the binder to the particles, voxels."""
    return ndimage.distance_transform_edt(electrode.phase != 1)[electrode.phase == 2]


def test_every_kind_holds_its_amount_beside_the_same_particles(made):
    for electrode in made.values():
        assert electrode.measured["volume_fraction"]["cbd"] == pytest.approx(0.12, abs=1e-3)
        assert np.array_equal(electrode.particles, made["bridges"].particles)
    assert len({electrode.phase.tobytes() for electrode in made.values()}) == 4


def test_bridges_are_what_a_recipe_without_a_section_has(made):
    assert np.array_equal(build_electrode(BASE).phase, made["bridges"].phase)


def test_films_lie_on_particles_in_patches(made):
    assert np.quantile(heights(made["films"]), 0.95) <= 3
    touching = {}
    for coverage in (0.3, 1.0):
        phase = build_electrode(replace(BASE, binder=BinderShape("films", coverage=coverage))).phase
        shell = ndimage.binary_dilation(phase == 1) & (phase != 1)
        touching[coverage] = np.mean(phase[shell] == 2)
    assert touching[0.3] < 0.5 and touching[1.0] > 1.3 * touching[0.3]


def test_aggregates_are_thick_and_fibres_thin(made):
    thick = {kind: ndimage.distance_transform_edt(made[kind].phase == 2).max() for kind in KINDS}
    lumps = build_electrode(replace(BASE, binder=BinderShape("aggregates", diameter=4e-6))).phase == 2
    assert ndimage.distance_transform_edt(lumps).max() > thick["aggregates"] > thick["fibres"] / 1.5
    assert clusters(lumps).share_of_largest < clusters(made["fibres"].phase == 2).share_of_largest


@pytest.mark.parametrize("kind", KINDS)
def test_drying_carries_binder_to_the_separator(kind):
    shape = BinderShape(kind, migration=0.8)
    binder = build_electrode(replace(BASE, binder=shape)).phase == 2
    windows = np.array([part.mean() for part in np.array_split(binder, 3)])
    assert np.all(np.diff(windows) < 0) and binder.mean() == pytest.approx(0.12, abs=1e-3)
    assert windows[0] - windows[-1] == pytest.approx(0.8 * 0.12 * 2 / 3, abs=0.01)


def test_a_share_makes_bridges_or_films_all_the_same(made):
    plain, bridged, filmed = (
        build_electrode(replace(BASE, binder=BinderShape("fibres", **more))).phase == 2
        for more in ({}, {"bridged": 0.6}, {"filmed": 0.6, "coverage": 1.0})
    )
    for other, kind in ((bridged, "bridges"), (filmed, "films")):
        alike = [np.mean(made[kind].phase[binder] == 2) for binder in (plain, other)]
        assert other.mean() == pytest.approx(0.12, abs=1e-3) and alike[1] > alike[0] + 0.2


@pytest.mark.parametrize(
    "section, words",
    [
        ({"kind": "fibres", "bridged": 0.6, "filmed": 0.6}, "1 together at most"),
        ({"kind": "films", "bridged": 0.1}, "coverage, diameter beside films, got bridged"),
        ({"kind": "bridges", "diameter": 1e-6}, "nothing else beside bridges, got diameter"),
        ({"kind": "aggregates", "length": 1e-6}, "beside aggregates, got length"),
    ],
)
def test_what_a_kind_has_no_use_for_is_refused(section, words):
    with pytest.raises(InputError, match=words):
        BinderShape(**section)


@pytest.mark.parametrize("kind", ["fibres", "aggregates"])
def test_what_the_voxels_do_not_resolve_is_refused(kind):
    with pytest.raises(InputError, match="binder.diameter: expected at least 1.5 voxels, 0.6 um, got 0.5 um"):
        build_electrode(replace(BASE, binder=BinderShape(kind, diameter=5e-7)))
