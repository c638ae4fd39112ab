"""Where the surface of the active material runs: the shares that a case ends with, and what is refused
beside them."""

import numpy as np
import pytest
import tifffile

from microsim.base.errors import InputError
from microsim.case.build import cell_design, nominal, read_grid, set_up
from microsim.case.case import load_case

from ..mesh.test_subvoxel import ball
from .half_cell import BASE, fails

SHARE = 1 - ball(8, 3.2, (6.5, 4.0, 4.0))


@pytest.fixture
def case_file(tmp_path):
    """A case of a ball whose labels, and whose shares, lie beside it."""
    import yaml

    tifffile.imwrite(tmp_path / "a.tif", (SHARE >= 0.5).astype(np.uint8))
    tifffile.imwrite(tmp_path / "share.tif", np.rint(255 * SHARE).astype(np.uint8))
    tifffile.imwrite(tmp_path / "turned.tif", np.rint(255 * SHARE).astype(np.uint8).transpose(2, 1, 0)[::-1])
    volume = BASE["volume"] | {"file_axes": "xyz"}
    (tmp_path / "case.yaml").write_text(yaml.safe_dump(BASE | {"volume": volume}))
    return tmp_path / "case.yaml"


def volumes(case_file, *settings):
    """Volume of active material (um3) as 1C counts it and in the cells of the mesh; and its grid."""
    case = load_case(case_file, settings)
    setup = set_up(case)
    mass = nominal(setup.grid, setup.cell.design)[1]
    found = setup.cell.solid_volume[setup.cell.positive_cells].sum()
    return 1e18 * mass / setup.cell.mesh.materials[0].density, 1e18 * found, setup.grid


def test_shares_of_a_file_are_the_volume_of_the_active_material(case_file):
    grey = "volume.interface=grey", "volume.shares.am=share.tif"
    nominal_volume, found, _ = volumes(case_file, *grey)
    assert nominal_volume == pytest.approx(SHARE.sum(), rel=1e-3)
    assert found == pytest.approx(SHARE.sum(), rel=2e-3)
    _, cropped, _ = volumes(case_file, *grey, "volume.crop.y=[0, 4]")
    assert cropped == pytest.approx(SHARE[:, :4].sum(), rel=3e-3)


def test_shares_of_the_pores_are_what_the_active_material_leaves(case_file, tmp_path):
    tifffile.imwrite(tmp_path / "pores.tif", np.rint(255 * (1 - SHARE)).astype(np.uint8))
    _, found, _ = volumes(case_file, "volume.interface=grey", "volume.shares.pore=pores.tif")
    assert found == pytest.approx(SHARE.sum(), rel=2e-3)


def test_voxels_merged_keep_the_volume_of_their_labels(case_file):
    _, found, grid = volumes(case_file, "volume.interface=grey", "volume.coarsen=2")
    assert grid.shape == (4, 4, 4)
    assert found == pytest.approx((SHARE >= 0.5).sum(), rel=5e-3)


def test_labels_alone_give_the_smoothest_surface(case_file):
    _, found, grid = volumes(case_file, "volume.interface=smooth")
    share = grid.shares["am"] / 255
    assert np.array_equal(share > 0.5, SHARE >= 0.5) and 0.05 < np.mean((share > 0.01) & (share < 0.99))
    assert found == pytest.approx(share.sum(), rel=2e-3)


def test_whole_voxels_have_no_shares(case_file):
    case = load_case(case_file)
    grid = read_grid(case)[1]
    assert grid.shares is None and not cell_design(case, grid).within_voxels


@pytest.mark.parametrize(
    "settings, sentence",
    [
        (["volume.shares.am=share.tif"], "volume.shares: expected volume.interface: grey"),
        (["volume.interface=smooth", "volume.shares.am=share.tif"], "got smooth, which takes the labels"),
        (["volume.interface=grey"], "expected the shares of voxels for grey, got none; add volume.shares"),
        (["volume.interface=round"], "volume.interface: expected voxel, smooth or grey, got"),
        (["volume.interface=smooth", "cell.area_correction=false"], "cell.area_correction: expected none"),
        (["volume.interface=smooth", "output.homogenised=true"], "output.homogenised: expected none"),
        (
            ["volume.interface=smooth", "cell.contact_lost.share_of_particles=0.2"],
            "cell.contact_lost: expected",
        ),
        (
            ["volume.interface=smooth", "cell.film.model=map", "cell.film.file=f.tif"],
            "cell.film.model: expected",
        ),
        (
            ["volume.interface=smooth", "fit={free: {cell.initial_sto: {}}, to: {voltage: v.csv}}"],
            "fit: expected none of it",
        ),
        (["volume.interface=smooth", "volume.draws=d.txt"], "volume.draws: expected none"),
    ],
)
def test_what_is_not_known_within_voxels_is_refused(case_file, settings, sentence):
    assert sentence in fails(case_file, *settings)


def test_shares_of_another_image_or_phase_are_refused(case_file):
    for setting, sentence in (
        ("volume.shares.am=turned.tif", "expected shares of am above one half where the label is am"),
        ("volume.shares.solid=share.tif", "solid"),
    ):
        case = load_case(case_file, ["volume.interface=grey", setting])
        with pytest.raises(InputError, match=sentence):
            read_grid(case)


def test_a_slab_has_no_surface(case_file):
    slab = ["volume.slab.phase=am", "volume.slab.thickness_um=50", "volume.slab.cells=10", "volume.file=null"]
    gone = ["volume.phases=null", "volume.voxel_size_um=null", "volume.file_axes=null"]
    assert "interface" in fails(case_file, *slab, *gone, "volume.interface=smooth")
