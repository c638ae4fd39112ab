"""Contact that is lost on the way, as a case gives it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import set_up, simulate
from microsim.case.case import load_case

from .test_lost_contact import by_label, case_of

STEPS = [
    "Discharge at C/2 for 60 s",
    "Charge at C/2 for 60 s",
    "Discharge at C/2 for 60 s",
    "Charge at C/2 for 60 s",
]


def cycled(folder, lost, **settings):
    return case_of(folder, lost, protocol=STEPS, **settings)


def later(folder, lost):
    return set_up(cycled(folder, lost)).cell.design.lost_later


def lost_of(shares):
    return {int(k): float(v) for k, v in enumerate(shares) if v}


def test_each_item_is_joined_to_those_before_it(tmp_path):
    items = [by_label(tmp_path, after=1, particles={11: 1}), by_label(tmp_path, after=3, particles={12: 0.5})]
    found = later(tmp_path, items)
    assert [after for after, _ in found] == [1, 3]
    assert lost_of(found[0][1].share) == {11: 1} and lost_of(found[1][1].share) == {11: 1, 12: 0.5}
    assert found[0][1].group is found[1][1].group


def test_a_share_of_the_particles_grows_with_one_seed(tmp_path):
    one, two = later(tmp_path, [{"after": n, "share_of_particles": n / 4, "seed": 3} for n in (1, 2)])
    assert np.count_nonzero(one[1].share) == 1 and np.count_nonzero(two[1].share) == 2
    assert set(lost_of(one[1].share)) < set(lost_of(two[1].share))


def test_a_law_is_the_list_that_it_stands_for(tmp_path):
    law = {"every": 1, "share_of_particles": 0.25, "seed": 3}
    listed = [{"after": n, "share_of_particles": n / 4, "seed": 3} for n in (1, 2, 3)]
    for a, b in zip(later(tmp_path, law), later(tmp_path, listed), strict=True):
        assert a[0] == b[0] and np.array_equal(a[1].share, b[1].share)
    assert [after for after, _ in later(tmp_path, {**law, "every": 2})] == [2]
    assert [after for after, _ in later(tmp_path, {**law, "every": 2, "after": 1})] == [1, 3]


def test_numbers_and_maps(tmp_path):
    assert later(tmp_path, [{"after": 1, "share": 0.2}, {"after": 2, "share": 0.3}]) == ((1, 0.2), (2, 0.3))
    for name, half in (("a", np.s_[:, :6]), ("b", np.s_[:, 6:])):
        share = np.zeros((14, 12, 12), np.float32)
        share[half] = 0.5
        np.save(tmp_path / f"{name}.npy", share)
    items = [
        {"after": n, "map": str(tmp_path / f"{k}.npy"), "file_axes": "xyz"} for n, k in ((1, "a"), (2, "b"))
    ]
    one, two = later(tmp_path, items)
    assert one[1].share[5, 8, 8] == 0 and two[1].share[5, 8, 8] == two[1].share[5, 0, 0] == 0.5


def test_the_run_says_what_was_lost(tmp_path):
    case = cycled(tmp_path, [by_label(tmp_path, after=1, particles={11: 1})])
    setup, record = simulate(case)
    (said,) = setup.cell.design.remarks
    assert said.startswith("After step 1: 1 of 4 particles have lost electronic contact; 1 in all takes no")
    assert said.endswith(" part, 25.0% of the active material.")
    assert record.contacts[0]["active_share_apart"] == pytest.approx(0.25, abs=0.01)
    assert record.lithium_balance_error < 1e-10


@pytest.mark.parametrize(
    ("lost", "says"),
    [
        ([], "got an empty list"),
        ([0.3], "expected {after: steps of the protocol"),
        ([{"share": 0.3}], "expected {after: steps of the protocol"),
        (
            [{"after": 1}],
            "contact_lost.0: expected one of map, particles, table, share_of_particles, got none",
        ),
        ([{"after": 1, "share": 0.3, "seed": 1}], "got seed too; of particles write share_of_particles"),
        ([{"after": -1, "share": 0.3}], "after: expected a whole number"),
        ([{"after": 2, "share": 0.1}, {"after": 1, "share": 0.2}], "rise from item to item, got 2, 1"),
        ([{"after": 1, "share": 0.1}, {"after": 1, "share": 0.2}], "rise from item to item, got 1, 1"),
        ([{"after": 1, "share": 0.2}, {"after": 2, "share": 0.1}], "after: 2: expected more lost contact"),
        ([{"after": 1, "share": 0.1}, {"after": 2, "share_of_particles": 0.3}], "got particles, share; keep"),
        ([{"after": 4, "share": 0.1}], "0 to 3, got after: 4"),
        ([{"after": 1, "share_of_particles": 1.0}], "all that is lost by step 1, got none"),
        ({"every": 4, "share_of_particles": 0.1}, "0 to 3, got after: 4"),
        ({"every": 1, "share_of_particles": 0.4}, "come to at most 1 over 4 steps, got 0.4 lost 3 times"),
        ({"every": 1}, "share_of_particles, got none"),
        ({"every": 0, "share_of_particles": 0.1}, "every: expected a whole number"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, lost, says):
    with pytest.raises(InputError, match=says):
        later(tmp_path, lost)


def test_what_holds_contact_for_constant_is_refused(tmp_path):
    law = {"every": 1, "share_of_particles": 0.25}
    with pytest.raises(InputError, match=r"output.homogenised: expected contact that stays"):
        cycled(tmp_path, law, **{"output.homogenised": True})
    with pytest.raises(InputError, match="in cell.cbd, got both"):
        cycled(tmp_path, law, **{"cell.cbd.contact_lost": 0.2})


def test_the_case_reads_back(tmp_path):
    for lost in (
        [{"after": 1, "share": 0.2}],
        [by_label(tmp_path, after=1, particles={11: 1.0})],
        {"every": 2, "share_of_particles": 0.25, "seed": 3},
    ):
        case = cycled(tmp_path, lost)
        assert load_case(case.as_dict()).cell == case.cell
