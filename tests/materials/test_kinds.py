"""What a material set is: numbers or functions alike, and what stands for phases without one."""

from dataclasses import replace

import numpy as np
import pytest

from microsim.materials import load
from microsim.materials.kinds import FILLINGS, KINDS, Electrolyte, Filling, at_temperature
from microsim.materials.laws import SumOfTerms

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


def test_a_potential_follows_its_entropic_coefficient():
    porous = load("Chen2020_cathode")
    active = replace(porous.active, dU_dT=SumOfTerms(polynomial=(1e-4, -2e-4)))
    sto, by = np.array([0.3, 0.7]), 1e-4 - 2e-4 * np.array([0.3, 0.7])
    warm = at_temperature(replace(porous, active=active), 308.15).active
    np.testing.assert_allclose(warm.U(sto) - active.U(sto), 10 * by, atol=1e-14)
    np.testing.assert_allclose(warm.dU(sto) - active.dU(sto), -2e-3, atol=1e-12)
    np.testing.assert_allclose(at_temperature(warm, 298.15).U(sto), active.U(sto), atol=1e-14)
    assert at_temperature(active, 298.15) is active and at_temperature(porous, 310.0) is porous
    assert at_temperature(SALT, 310.0) is SALT
