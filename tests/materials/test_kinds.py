"""What a material set is: numbers or functions alike, and what stands for phases without one."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.materials import load
from microsim.materials.kinds import FILLINGS, KINDS, Electrolyte, Filling

SALT = load("LiPF6_EC_EMC_3_7")


def test_a_coefficient_may_be_a_number_or_a_function():
    c_e = np.array([[500.0, 1000.0]])
    number = replace(SALT, t_plus=0.3, tdf=lambda c, T: 1 + c / 1000 + (T - 298.15))
    assert number.value("t_plus", c_e, 298.15).tolist() == [[0.3, 0.3]]
    assert number.value("tdf", c_e, 299.15).tolist() == [[2.5, 3.0]]


def test_every_kind_has_its_own_word_and_sources_of_its_own():
    words = [kind.__dataclass_fields__["kind"].default for kind in KINDS]
    assert len(set(words)) == len(KINDS)
    made = [Electrolyte("a", None, None, 1.0, 0.3, 1000.0, (0, 1)) for _ in range(2)]
    made[0].sources["kappa"] = "measured"
    assert made[1].sources == {}


@pytest.mark.parametrize("kind", ["flooded", "dry"])
def test_a_filling_is_called_as_it_is(kind):
    assert FILLINGS[kind] == Filling(kind, kind) == load(kind) and not isinstance(FILLINGS[kind], KINDS)
