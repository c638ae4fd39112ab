"""NIfTI: files of nibabel, and what is said where it is not there."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.volumes.volume import read_voxels

from ...missing import hide

BODY = np.zeros((6, 5, 4), "u1")  # i, j, k
BODY[5, 4, 3], BODY[0:3, 1, 2], BODY[5, 0, 0] = 2, 1, 3


@pytest.fixture
def nibabel():
    return pytest.importorskip("nibabel")


def saved(nibabel, path, values=BODY, sizes=(0.4, 0.5, 0.6), unit="micron", kind="Nifti1Image"):
    image = getattr(nibabel, kind)(values, np.diag([*sizes, 1.0]))
    image.header.set_xyzt_units(unit)
    nibabel.save(image, path)
    return path


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
@pytest.mark.parametrize("kind", ["Nifti1Image", "Nifti2Image"])
def test_slices_come_first(tmp_path, nibabel, name, kind):
    found = read_voxels(saved(nibabel, tmp_path / name, kind=kind))
    np.testing.assert_array_equal(found.values, BODY.T)
    assert found.voxel_size == pytest.approx((6e-7, 5e-7, 4e-7), rel=1e-6)
    np.testing.assert_array_equal(read_voxels(tmp_path / name, file_axes="zyx").values, BODY)


def test_units(tmp_path, nibabel):
    path = saved(nibabel, tmp_path / "v.nii", sizes=(4e-4, 5e-4, 6e-4), unit="mm")
    assert read_voxels(path).voxel_size == pytest.approx((6e-7, 5e-7, 4e-7), rel=1e-6)
    with pytest.raises(InputError, match="expected a voxel size with its unit, got 0.6 x 0.5 x 0.4"):
        read_voxels(saved(nibabel, path, unit="unknown"))


def test_a_fourth_axis(tmp_path, nibabel):
    path = saved(nibabel, tmp_path / "v.nii", BODY[..., None])
    np.testing.assert_array_equal(read_voxels(path).values, BODY.T)
    with pytest.raises(InputError, match="time"):
        read_voxels(saved(nibabel, path, np.stack([BODY] * 2, -1)))


def test_points_on_a_surface_are_no_volume(tmp_path, nibabel):
    axis = nibabel.cifti2.BrainModelAxis.from_mask(np.ones(5, bool), name="cortex_left")
    scalars = nibabel.cifti2.ScalarAxis(["a"])
    nibabel.save(nibabel.Cifti2Image(np.ones((1, 5)), (scalars, axis)), tmp_path / "c.dscalar.nii")
    with pytest.raises(InputError, match="expected a volume in .*, got Cifti2Image"):
        read_voxels(tmp_path / "c.dscalar.nii")


def test_without_nibabel(tmp_path, monkeypatch):
    (tmp_path / "v.nii.gz").write_bytes(b"")
    hide(monkeypatch, "nibabel")
    with pytest.raises(InputError, match=r"expected the package nibabel for .*v.nii.gz .*\[formats\]"):
        read_voxels(tmp_path / "v.nii.gz")


def test_voxels_that_are_no_boxes_are_refused(tmp_path, nibabel):
    for skew, turned in ((0.0, True), (0.2, False)):
        affine = np.array([[0, 0.5, 0, 0], [0.4, skew, 0, 0], [0, 0, 0.6, 0], [0, 0, 0, 1]])
        image = nibabel.Nifti1Image(BODY, affine)
        image.header.set_xyzt_units("micron")
        nibabel.save(image, tmp_path / "v.nii")
        if turned:
            assert read_voxels(tmp_path / "v.nii").voxel_size == pytest.approx((6e-7, 5e-7, 4e-7))
    with pytest.raises(InputError, match="three right angles in .*v.nii, got axes 68.2 degrees apart"):
        read_voxels(tmp_path / "v.nii")
