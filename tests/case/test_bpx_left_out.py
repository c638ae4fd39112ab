"""What a case has and its BPX file has not is said."""

import pytest

from microsim.case.bpx_left_out import left_out
from microsim.case.case import load_case

CASE = "cases/dfn_chen2020.yaml"
COUNTER = (
    "cell.counter_electrode={material: Chen2020_anode, thickness_um: 85.2, initial_sto: 0.9, film: {model:"
    " uniform, thickness_nm: 20, conductivity_S_m: 1.0e-6}}"
)
FILM = "cell.film={model: uniform, thickness_nm: 10, growth: {rate_nm_per_sqrt_h: 2}}"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        (FILM, "that on the electrode (10 nm, 0.02 ohm m2) and its growth are not in the file"),
        (COUNTER, "that on the counter electrode (20 nm, 0.02 ohm m2) is not in the file"),
        ("cell.double_layer_F_m2=0.3", "no double layer: the 0.3 F/m2"),
        ("cell.initial_sto=0.6", "its window begins at a lithiation of 0.6, that of NMC811_Chen2020 at 0.27"),
    ],
)
def test_each_is_said(setting, words):
    (said,) = left_out(load_case(CASE, [setting]))
    assert words in said


def test_of_a_case_that_bpx_can_say_there_is_nothing():
    assert left_out(load_case(CASE)) == []
    assert left_out(load_case(CASE, ["cell.film={model: none}"])) == []
