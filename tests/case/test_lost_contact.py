"""Lost contact as a case gives it: a number, a map, particles."""

import numpy as np
import pytest
import tifffile

from microsim.base.errors import InputError
from microsim.case.build import set_up
from microsim.case.case import load_case
from microsim.cell.contacts import LostContact

SHAPE = (14, 12, 12)


def labels():
    """Pore in front, four columns of active material with binder between two of them at the collector."""
    image = np.zeros(SHAPE, np.uint8)
    for j in (0, 6):
        for k in (0, 6):
            image[3:, j : j + 5, k : k + 5] = 1
    image[12:] = 2
    return image


def particles():
    """The four columns, numbered as one would by hand."""
    found = np.zeros(SHAPE, np.uint8)
    for number, (j, k) in enumerate([(0, 0), (0, 6), (6, 0), (6, 6)], 11):
        found[3:12, j : j + 5, k : k + 5] = number
    return found


def case_of(folder, lost, **settings):
    tifffile.imwrite(folder / "image.tif", labels())
    tifffile.imwrite(folder / "labels.tif", particles())
    raw = {
        "volume": {
            "file": str(folder / "image.tif"),
            "voxel_size_nm": 400,
            "file_axes": "xyz",
            "phases": {"pore": 0, "am": 1, "cbd": 2},
        },
        "cell": {
            "separator": {"thickness_um": 10, "porosity": 0.5},
            "materials": {"am": "NMC811_crystal", "cbd": "CBD_default", "electrolyte": "LiPF6_EC_EMC_3_7"},
            "initial_sto": 0.4,
            "contact_lost": lost,
        },
        "protocol": ["Discharge at C/2 for 60 s"],
    }
    return load_case(raw, settings)


def design(folder, lost, **settings):
    return set_up(case_of(folder, lost, **settings)).cell.design


def by_label(folder, **keys):
    return {"labels": str(folder / "labels.tif"), "file_axes": "xyz", **keys}


def test_a_number_is_that_of_the_binder(tmp_path):
    assert design(tmp_path, 0.3).contact_lost == 0.3
    assert design(tmp_path, None, **{"cell.cbd.contact_lost": 0.2}).contact_lost == 0.2
    with pytest.raises(InputError, match=r"expected it here or in cell\.cbd, got both"):
        design(tmp_path, 0.3, **{"cell.cbd.contact_lost": 0.2})


def test_a_map_is_of_active_material_alone(tmp_path):
    share = np.full(SHAPE, 0.25, np.float32)
    share[:, :6] = 1.0
    np.save(tmp_path / "lost.npy", share)
    found = design(tmp_path, {"map": str(tmp_path / "lost.npy"), "file_axes": "xyz"}).contact_lost
    assert isinstance(found, LostContact) and not found.collector
    assert found.share[labels() != 1].max() == 0
    assert found.share[5, 8, 8] == pytest.approx(0.25) and found.share[5, 0, 0] == 0.999999


def test_particles_by_label(tmp_path):
    """Of four columns of one size one is set off and one keeps a half."""
    made = design(tmp_path, by_label(tmp_path, particles={11: 1, 14: 0.5}))
    lost = made.contact_lost
    assert [float(lost.of_voxels[5, j, k]) for j, k in ((0, 0), (8, 8), (0, 8))] == [1.0, 0.5, 0.0]
    assert lost.collector
    (said,) = made.remarks
    assert said.startswith("2 of 4 particles have lost electronic contact, 1 of them part of it; 1 in all")
    assert said.endswith(" takes no part, 25.0% of the active material.")
    setup = set_up(case_of(tmp_path, by_label(tmp_path, particles={11: 1})))
    isolated = setup.cell.mesh.counts["isolated_active"]
    assert isolated == np.count_nonzero(particles() == 11)


def test_particles_that_nothing_joined_before_are_told(tmp_path):
    """A particle apart from the others, with pore in front of the collector, has no contact to lose."""
    case = case_of(tmp_path, by_label(tmp_path, particles={11: 1, 14: 0.5}))
    image = labels()
    image[10:, :5, :5] = 0  # behind the column 11
    tifffile.imwrite(tmp_path / "image.tif", image)
    (said,) = set_up(case).cell.design.remarks
    assert said.startswith("2 of 4 particles have lost")
    assert "; 1 of them no path joined to the collector before; 1 in all takes no part" in said


def test_a_table_says_the_same(tmp_path):
    (tmp_path / "off.csv").write_text("label,lost\n11,1\n14,0.5\n")
    table = design(tmp_path, by_label(tmp_path, table=str(tmp_path / "off.csv"))).contact_lost
    given = design(tmp_path, by_label(tmp_path, particles={11: 1, 14: 0.5})).contact_lost
    assert np.array_equal(table.of_voxels, given.of_voxels)


def test_a_share_of_the_particles_is_drawn_with_a_seed(tmp_path):
    found = {
        seed: design(tmp_path, {"share_of_particles": 0.5, "seed": seed}).contact_lost.of_voxels
        for seed in (0, 1, 2)
    }
    inside = labels() == 1
    for share in found.values():
        assert share[inside].mean() == pytest.approx(0.5, abs=0.01)
    assert np.array_equal(found[0], design(tmp_path, {"share_of_particles": 0.5}).contact_lost.of_voxels)
    assert any(not np.array_equal(found[0], found[seed]) for seed in (1, 2))


def test_a_run_with_particles_set_off_leaves_them_as_they_were(tmp_path):
    setup = set_up(
        case_of(tmp_path, by_label(tmp_path, particles={12: 1}), protocol=["Discharge at C/2 for 10 minutes"])
    )
    whole = set_up(case_of(tmp_path, None, protocol=["Discharge at C/2 for 10 minutes"]))
    ran = [one.experiment().run(one.loads()) for one in (setup, whole)]
    assert ran[0].lithium_balance_error < 1e-6
    assert setup.cell.capacity.sum() == pytest.approx(0.75 * whole.cell.capacity.sum(), rel=0.01)
    assert ran[0].columns["voltage_V"][-1] < ran[1].columns["voltage_V"][-1]


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        (1.5, "contact_lost: expected a number from 0"),
        ({}, "expected one of map, particles, table, share_of_particles, got none"),
        ({"share_of_particles": 0.5, "table": "a.csv"}, "got table, share_of_particles; give one"),
        ({"share_of_particles": 1.5}, "expected a number from 0 to 1"),
        ({"particles": {3: 1}}, "labels: expected the file that the labels are of"),
        ({"particles": {3: 2}, "labels": "x"}, r"particles.3: expected a number from 0 to 1"),
        ({"particles": {"a": 1}, "labels": "x"}, "expected a number"),
        ({"particles": [3], "labels": "x"}, "expected {label: share}"),
        ({"share_of_particles": 1.0}, "joined to the collector"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, lost, says):
    with pytest.raises(InputError, match=says):
        design(tmp_path, lost)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            {"particles": {7: 1}},
            r"expected labels of particles of the volume, got 7, .*it has 4, from 11 to 14",
        ),
        ({"table": "twice.csv"}, "line 2: expected each label once"),
        ({"table": "none.csv"}, "expected a readable file"),
    ],
)
def test_labels_that_are_not_there(tmp_path, keys, says):
    (tmp_path / "twice.csv").write_text("11,1\n11,0.5\n")
    keys = {name: str(tmp_path / value) if name == "table" else value for name, value in keys.items()}
    with pytest.raises(InputError, match=says):
        design(tmp_path, by_label(tmp_path, **keys))


def test_maps_of_another_shape_or_in_per_cent_are_refused(tmp_path):
    np.save(tmp_path / "small.npy", np.zeros((3, 3, 3)))
    with pytest.raises(InputError, match="on the voxels of the image, 14 x 12 x 12"):
        design(tmp_path, {"map": str(tmp_path / "small.npy"), "file_axes": "xyz"})
    np.save(tmp_path / "percent.npy", np.full(SHAPE, 30.0))
    with pytest.raises(InputError, match="shares from 0 to 1, got .* divide per cent by 100"):
        design(tmp_path, {"map": str(tmp_path / "percent.npy"), "file_axes": "xyz"})
    with pytest.raises(InputError, match="voxels of active material"):
        load_case("cases/dfn_xu2019.yaml", {"cell.contact_lost": 0.3})


def test_the_case_reads_back(tmp_path):
    for lost in (0.3, by_label(tmp_path, particles={11: 1.0}), {"share_of_particles": 0.3, "seed": 4}):
        case = case_of(tmp_path, lost)
        assert load_case(case.as_dict()).cell == case.cell


def test_an_impedance_says_what_was_set_off(tmp_path):
    import microsim as ms

    case = case_of(tmp_path, by_label(tmp_path, particles={11: 1}))
    found = ms.cell_impedance(case, [1.0, 100.0])
    assert found.numbers()["notes"] == found.notes
    assert "1 of 4 particles have lost electronic contact" in repr(found)
    whole = ms.cell_impedance(case_of(tmp_path, None), [1.0, 100.0])
    assert abs(found.Z[0]) > abs(whole.Z[0])
    assert whole.notes == ()
