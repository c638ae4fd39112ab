"""A sample that does not fill its box: what is outside is no pore, no solid, and no part of any area."""

import numpy as np
import pytest
import tifffile
import yaml

from microsim.base.errors import InputError
from microsim.case.build import cell_design, read_grid, set_up, simulate
from microsim.case.case import load_case

from .half_cell import BASE, fails

SHAPE = (6, 12, 10)
LAYERS = np.broadcast_to((np.arange(6) >= 2)[:, None, None], SHAPE)  # pore in front, active material behind


def disc(shape=SHAPE, radius=5.0):
    y, z = (np.arange(n) - (n - 1) / 2 for n in shape[1:])
    return np.broadcast_to(y[:, None] ** 2 + z**2 <= radius**2, shape)


@pytest.fixture
def case_file(tmp_path):
    """A case of layers, their cylinder in a box of zeros, and a porous structure, beside it."""
    blobs = np.random.default_rng(2).random(SHAPE) < 0.6
    for name, values in (("a", LAYERS), ("rod", LAYERS & disc()), ("inside", disc()), ("blobs", blobs)):
        tifffile.imwrite(tmp_path / f"{name}.tif", values.astype(np.uint8))
    case = {**BASE, "protocol": ["Discharge at 2C for 60 s"], "output": {"times": 2}}
    (tmp_path / "case.yaml").write_text(
        yaml.safe_dump(case | {"volume": BASE["volume"] | {"file_axes": "xyz"}})
    )
    return tmp_path / "case.yaml"


def voltage(case_file, *settings):
    setup, record = simulate(load_case(case_file, settings))
    return setup, np.array(record.columns["voltage_V"])


def test_layers_in_a_cylinder_are_the_cell_that_they_are_in_a_box(case_file):
    whole, V = voltage(case_file)
    rod, V_rod = voltage(case_file, "volume.file=rod.tif", "volume.mask=cylinder")
    share = disc()[0].mean()
    assert rod.cell.mesh.area == pytest.approx(share * whole.cell.mesh.area)
    assert rod.mass == pytest.approx(share * whole.mass) and rod.one_C == pytest.approx(share * whole.one_C)
    assert V_rod[-1] == pytest.approx(V[-1], abs=2e-4) and V[0] - V[-1] > 0.01
    as_pores, V_pores = voltage(case_file, "volume.file=rod.tif")
    assert as_pores.mass == rod.mass and abs(V_pores[-1] - V[-1]) > 2e-3


@pytest.mark.parametrize(
    "counter", ["lithium", "{material: Chen2020_anode, thickness_um: 20, initial_sto: 0.1}"]
)
def test_a_box_is_the_crop_to_it(case_file, counter):
    common = ["volume.file=blobs.tif", "cell.area_correction=false", f"cell.counter_electrode={counter}"]
    cut = set_up(load_case(case_file, [*common, "volume.crop={y: [2, 9], z: [1, 8]}"])).cell.mesh
    masked = set_up(load_case(case_file, [*common, "volume.mask='y=2:9,z=1:8'"])).cell.mesh
    for name in ("ionic", "electronic"):
        assert getattr(masked, name).n == getattr(cut, name).n
    assert masked.area == cut.area and masked.faces.area.sum() == pytest.approx(cut.faces.area.sum())
    for name in ("counter", "counter_collector", "collector"):
        assert len(getattr(masked, name)) == len(getattr(cut, name))
    same = {name: masked.counts[name] for name in masked.counts if name != "total"}
    assert same == {name: cut.counts[name] for name in same}


def test_the_smooth_surface_goes_on_beyond_the_rim(case_file):
    common = ["volume.file=blobs.tif"]
    cut = set_up(load_case(case_file, [*common, "volume.crop={y: [2, 9], z: [1, 8]}"])).cell.mesh
    masked = set_up(load_case(case_file, [*common, "volume.mask='y=2:9,z=1:8'"])).cell.mesh
    assert masked.faces.area.sum() == pytest.approx(cut.faces.area.sum(), rel=0.01)


@pytest.mark.parametrize("mask", ["cylinder", "cylinder=x:5", "inside.tif"])
def test_shares_are_those_of_the_sample(case_file, mask):
    _, grid = read_grid(load_case(case_file, ["volume.file=rod.tif", f"volume.mask={mask}"]))
    assert grid.masked and set(grid.phases) == {"pore", "am"}
    assert grid.fraction("am") == pytest.approx(4 / 6)
    assert grid.layer_shares("am") == pytest.approx([0, 0, 1, 1, 1, 1])
    assert grid.section_area == pytest.approx(disc()[0].sum() * 1e-12)


def test_a_label_is_outside_and_needs_no_name(case_file, tmp_path):
    tifffile.imwrite(tmp_path / "own.tif", np.where(disc(), LAYERS + 1, 0).astype(np.uint8))
    settings = ["volume.file=own.tif", "volume.phases={pore: 1, am: 2}", "volume.mask=label=0"]
    _, grid = read_grid(load_case(case_file, settings))
    assert grid.fraction("pore") == pytest.approx(2 / 6) and grid.sample_share == pytest.approx(disc().mean())


def test_a_crop_within_the_sample_has_none(case_file):
    settings = ["volume.file=rod.tif", "volume.mask=cylinder", "volume.crop={y: [4, 8], z: [3, 7]}"]
    _, grid = read_grid(load_case(case_file, settings))
    assert not grid.masked and set(grid.names) == {"pore", "am"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["volume.phases={pore: 0, outside: 1}"], "expected no phase called outside"),
        (["volume.interface=smooth"], "volume.interface: expected none of it with volume.mask"),
        (["output.homogenised=true"], "output.homogenised: expected none of it with volume.mask"),
        (["volume.draws=d.txt"], "volume.draws: expected none of it with volume.mask"),
    ],
)
def test_what_is_not_known_of_a_sample_is_refused(case_file, settings, words):
    assert words in fails(case_file, "volume.mask=cylinder", *settings)


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("cylinder=z", "one cross-section all along x"),
        ("x=1:4", "one cross-section all along x"),
        ("nowhere.tif", "nowhere.tif"),
        ("y=20:30", "volume.mask: expected voxels of the sample"),
    ],
)
def test_samples_that_face_no_collector_are_refused(case_file, mask, words):
    with pytest.raises(InputError, match=words):
        read_grid(load_case(case_file, [f"volume.mask={mask}"]))


def test_what_was_taken_of_the_volume_is_among_the_remarks_of_a_run(case_file):
    """White stored as 0 in a file, a phase that joined voxels lose: said by transport, and by a run."""
    folder = case_file.parent
    tifffile.imwrite(folder / "white.tif", LAYERS.astype(np.uint8), photometric="miniswhite")
    remarks = set_up(load_case(case_file, ["volume.file=white.tif"])).cell.design.remarks
    assert any("white is stored as 0" in one for one in remarks)

    def design_of(settings):
        case = load_case(case_file, settings)
        return cell_design(case, read_grid(case)[1])

    coarse = ["volume.file=blobs.tif", "volume.coarsen=2"]
    remarks = design_of(coarse).remarks
    assert any(one.startswith("by labels, joining voxels leaves am") for one in remarks)
    fine = design_of(coarse[:1]).remarks
    assert not any("joining" in one for one in fine)


def test_merged_voxels_keep_the_sample(case_file):
    settings = ["volume.file=rod.tif", "volume.mask='y=2:10,z=2:8'", "volume.coarsen=2"]
    _, grid = read_grid(load_case(case_file, settings))
    assert grid.masked and grid.shape == (3, 6, 5) and grid.sample[0].sum() == 4 * 3
    assert grid.fraction("am") == pytest.approx(2 / 3)
