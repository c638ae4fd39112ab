"""What is told of further models beside the one that is compared."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.compared_models import with_rivals
from microsim.maps.compare import compare_maps
from microsim.maps.map import SocMap

OURS = np.linspace(0.3, 0.7, 64).reshape(4, 4, 4)


def compared(sigma):
    noise = None if sigma is None else np.full(OURS.shape, sigma)
    return compare_maps(SocMap(OURS, (1e-6,) * 3), SocMap(OURS + 0.01, (1e-6,) * 3, sigma=noise))


def test_sentences_join_the_remarks_and_the_numbers_are_plain():
    found, models = with_rivals(compared(0.01), ["a", "b"], [OURS + 0.1])
    assert [one["simulated"] for one in models] == ["a", "b"] and models[1]["told_apart"] is True
    assert found.remarks[-2:][0].startswith("Of 2 models a agrees best")


def test_there_are_no_odds_without_a_noise():
    with pytest.raises(InputError, match="add sigma"):
        with_rivals(compared(None), ["a", "b"], [OURS])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("further", "said"), [(100 * OURS, "per cent"), (np.nan * OURS, "all of the maps have a value")]
)
def test_a_further_model_in_per_cent_and_one_without_values_are_refused(further, said):
    with pytest.raises(InputError, match=said):
        with_rivals(compared(0.01), ["a", "b"], [further])


def test_models_of_one_name_are_numbered_and_the_voxels_that_odds_leave_out_are_told():
    half = np.where(np.arange(4)[:, None, None] < 2, OURS + 0.1, np.nan)
    found, models = with_rivals(compared(0.01), ["array", "array"], [half])
    assert [one["simulated"] for one in models] == ["array (1)", "array (2)"]
    assert found.remarks[-1].startswith("array (2) has no value in 32 of the 64 voxels that are compared")
    assert "no value" not in with_rivals(compared(0.01), ["a", "b"], [OURS + 0.1])[0].remarks[-1]
