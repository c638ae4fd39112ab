"""What is kept while a run goes on."""

import numpy as np
import pytest

from microsim.case.build import read_grid
from microsim.case.case import load_case
from microsim.jobs.run import run
from microsim.shapes.splitting import label_particles
from microsim.volumes.fields import read_field

from .conftest import DEMO, SMALL


def test_times_are_spread_over_the_charge_and_steps_end_on_one(small_run):
    """output.times 4: a third of an hour at 1C apart, so only the beginning and the ends of the steps."""
    assert small_run.sto.times.tolist() == pytest.approx([0, 120, 180])
    assert [profile["step"] for profile in small_run.numbers()["profiles"]] == [
        "Discharge at 1C for 120 s",
        "Rest for 60 s",
    ]


@pytest.mark.parametrize("lost", [0.0, {"share_of_particles": 0.4, "seed": 1}])
def test_the_unevenness_of_a_run_is_that_of_its_stored_fields(lost, tmp_path):
    """Mean and deviations over all active material, from fields.h5 voxel by voxel, whatever takes no part."""
    settings = SMALL | {"protocol": ["Discharge at C/10 for 20 minutes"], "cell.contact_lost": lost}
    made = run(DEMO, tmp_path, set=settings)
    times, grid = made.numbers()["heterogeneity"]["times"], read_grid(load_case(DEMO, settings))[1]
    inside, particle = grid.mask("am"), label_particles(grid, ["am"])
    sto, of = read_field(tmp_path / "fields.h5", "sto", len(times["step"]) - 1)[0][inside], particle[inside]
    size = np.bincount(of)
    each = np.bincount(of, sto) / np.maximum(size, 1)
    hand = {
        "mean": sto.mean(dtype=float),
        "std": sto.std(dtype=float),
        "std_between": np.sqrt(np.average((each - sto.mean(dtype=float)) ** 2, weights=size)),
        "std_within": np.sqrt(np.mean((sto - each[of]) ** 2)),
    }
    assert {name: times[name][-1] for name in hand} == pytest.approx(hand, rel=1e-4)
    assert made.numbers()["heterogeneity"]["particles"]["count"] == np.count_nonzero(size)
    assert (times["share_taking_part"][-1] < 0.9) == bool(lost)
    if lost:
        assert times["std_taking_part"][-1] < 0.7 * times["std"][-1]
        assert made.numbers()["heterogeneity"]["times"]["mean_taking_part"][-1] > times["mean"][-1]


def test_times_that_a_run_does_not_reach_are_told(tmp_path):
    times = [6000, 30, 180, 1e4]
    made = run(DEMO, tmp_path, set=SMALL | {"output.times": times})
    said = (
        "The run ended after 180 s and did not reach 6000, 10000 s of output.times: nothing is stored there."
    )
    assert said in made.numbers()["validity"]["notes"] and said in repr(made)
    assert {30.0, 180.0} <= set(np.round(made.sto.times, 6))


def test_a_number_of_times_has_none_to_reach(small_run):
    assert not any("output.times" in note for note in small_run.numbers()["validity"]["notes"])


@pytest.mark.parametrize("lost", [0.0, 0.3, [{"after": 1, "share": 0.2}]])
def test_material_without_a_path_is_told_whatever_contact_is_lost(lost, tmp_path):
    """A plate at the collector with binder in it, and as much active material before it without a path."""
    labels = np.zeros((9, 6, 6), np.uint8)
    labels[7:], labels[7:, 3, 3], labels[2:4] = 1, 2, 1
    labels[:, 0] = 0
    np.save(tmp_path / "islands.npy", labels)
    case = {
        "volume": {
            "file": str(tmp_path / "islands.npy"),
            "file_axes": "xyz",
            "voxel_size_nm": 500,
            "phases": {"pore": 0, "am": 1, "cbd": 2},
        },
        "cell": {
            "separator": {"thickness_um": 10, "porosity": 0.5},
            "materials": {"am": "NMC811_crystal", "cbd": "CBD_default", "electrolyte": "LiPF6_EC_EMC_3_7"},
            "initial_sto": 0.4,
            "contact_lost": lost,
        },
        "protocol": ["Discharge at C/10 for 60 s", "Rest for 60 s"],
        "output": {"times": 2},
    }
    notes = run(case, tmp_path / "out").numbers()["validity"]["notes"]
    assert sum("51 % of the active material takes no part" in note for note in notes) == 1
