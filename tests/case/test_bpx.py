"""BPX files: what is read of them."""

import math

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.bpx import parse_bpx, read_bpx
from microsim.case.bpx_cases import case_of
from microsim.case.bpx_cell import check_bpx

from ..bpx_example import CAPACITY, example

F, R = 96485.33212, 8.314462618
N = "Negative electrode"


@pytest.fixture
def cell():
    return parse_bpx(example())


def test_what_a_file_says(cell):
    p = cell.positive.material
    assert (cell.title, cell.pairs, cell.area, cell.c_e_0, cell.temperature) == (
        "An example",
        2,
        0.01,
        1200.0,
        298.15,
    )
    assert p.active_fraction == pytest.approx(3.6e5 * 5e-6 / 3) and p.transport_efficiency == 0.16
    assert cell.one_C() == pytest.approx(CAPACITY / 0.02) and cell.capacity == pytest.approx(CAPACITY * 3600)
    assert cell.separator.thickness == 2e-5 and cell.positive.thickness == 60e-6
    assert (p.active.sto_100, p.active.sto_0) == (0.4, 0.9)
    assert (cell.negative.material.active.sto_100, cell.negative.material.active.sto_0) == (0.8, 0.05)
    assert cell.validation["slow"]["current_A"].tolist() == [1.0, 1.0]


def test_its_laws(cell):
    active, x = cell.positive.material.active, 0.55
    assert float(active.U(x)) == pytest.approx(4.6 - x + 0.05 * math.tanh(-8 * (x - 0.6)))
    assert float(active.dU(x)) == pytest.approx(-1 - 0.4 * (1 - math.tanh(-8 * (x - 0.6)) ** 2))
    hot = math.exp(30000 / R * (1 / 300 - 1 / 320))
    expected = F * 2e-5 * hot * math.sqrt(600 / 1200 * x * (1 - x))
    assert float(active.i0(600.0, np.array(x), 320.0)) == pytest.approx(expected, rel=1e-12)
    assert float(active.D_s(x, 320.0)) == pytest.approx(
        1e-14 * math.exp(20000 / R * (1 / 300 - 1 / 320)), rel=1e-6, abs=0
    )
    assert float(cell.electrolyte.kappa(np.array(1000.0), 300.0)) == pytest.approx(3.3 - 2.5 + 0.13)
    assert float(cell.electrolyte.kappa(np.array(-5.0), 300.0)) == 0.0
    assert float(cell.negative.material.active.D_s(0.3, 300.0)) == pytest.approx(
        3e-14 * math.exp(-0.3), rel=1e-6, abs=0
    )


def test_version_1_keeps_the_salt_in_its_state():
    raw = example(**{"Electrolyte/Initial concentration [mol.m-3]": None})
    raw["State"] = {"Initial conditions": {"Initial electrolyte concentration [mol.m-3]": 900}}
    assert parse_bpx(raw).c_e_0 == 900.0


def test_a_partial_file():
    raw = example()
    raw["Header"]["Model"] = "Partial"
    for key in (N, "Separator", "Electrolyte"):
        del raw["Parameterisation"][key]
    cell = parse_bpx(raw)
    check_bpx(cell)
    assert cell.negative is None and cell.positive is not None and cell.ocv() is None
    with pytest.raises(InputError, match="expected a BPX file with electrolyte, separator"):
        case_of(cell, "partial.json")


@pytest.mark.parametrize("version", ["0.1", "0.4.0", 0.4, 1, "1.1.0"])
def test_versions_that_are_read(version):
    check_bpx(parse_bpx(example(**{"Header/BPX": version})))


@pytest.mark.parametrize("content", ["{", "[]", '{"Header": 1}', "\x00"])
def test_a_file_that_is_none(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError, match="expected"):
        read_bpx(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["bpx_lfp_18650_cell_BPX.json", "bpx_nmc_pouch_cell_BPX.json"])
def test_the_published_examples_are_sound(data, name):
    cell = read_bpx(data / "electrochem" / name)
    charged, discharged = cell.ocv()
    assert charged == pytest.approx(cell.upper, abs=3e-3) and discharged == pytest.approx(
        cell.lower, abs=3e-3
    )
    assert cell.negative.capacity() == pytest.approx(cell.positive.capacity(), rel=1e-3)
