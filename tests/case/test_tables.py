"""Tables over lithiation and salt: what is over something else is refused with what it may be."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.tables import CONDUCTIVITY, DIFFUSIVITY, OCP, SALT_DIFFUSIVITY, read_table

CASE = "cases/dfn_chen2020.yaml"


def written(folder, x, y, head=""):
    path = folder / "t.csv"
    path.write_text(head + "".join(f"{a:.9g},{b:.9g}\n" for a, b in zip(x, y, strict=True)))
    return path


def test_a_table_may_rise_or_fall(tmp_path):
    x, y = [0.1, 0.2, 0.3], [4.25, 3.9, 3.5]
    for path in (written(tmp_path, x, y), written(tmp_path, x[::-1], y[::-1], "sto,U (V)\n")):
        found = read_table(path, OCP)
        assert found.x.tolist() == x and found.y.tolist() == y and found.source.startswith("table t.csv, sha")


STO = np.linspace(0.25, 0.98, 30)
U = 4.4 - 0.9 * STO
AXES = {
    "mAh/g": (STO * 218, "1 to .*, got 54.5 to 213.64, which may be a capacity in mAh/g"),
    "mAh": (STO * 4300, "a capacity in mAh"),
    "Ah": (STO * 5, "a capacity in Ah"),
    "Ah of a coin cell": (STO * 0.004, "a capacity in Ah"),
    "Ah, from 0": ((STO - 0.25) * 1.5, "lithium per formula unit of another host, or a capacity in Ah"),
    "per cent": (STO * 100, "per cent"),
    "mol m-3": (STO * 63104, "a concentration in mol m-3"),
    "below zero": (STO - 0.5, "counted from another state"),
    "swapped": (U, "swap the columns"),
}


@pytest.mark.parametrize("curve", [OCP, DIFFUSIVITY])
@pytest.mark.parametrize(("x", "said"), AXES.values(), ids=AXES)
def test_what_is_no_lithiation(tmp_path, curve, x, said):
    y = STO if "swap" in said else U
    with pytest.raises(InputError, match="expected lithiation from 0 to 1, got") as error:
        read_table(written(tmp_path, x, y), curve)
    assert said.split(", ", 1)[-1].split("may be ")[-1] in str(error.value)


def test_the_capacity_of_a_small_cell_is_no_lithium_of_another_host(tmp_path):
    with pytest.raises(InputError, match="which may be a capacity in Ah: divide it"):
        read_table(written(tmp_path, STO * 0.004, U), OCP)


HEADS = {
    "Capacity_mAh_g,U_V": "0.25 to 0.98: a capacity",
    "Q (Ah),U": "a capacity",
    "SOC,OCV": "a state of charge",
    "DoD;U": "a depth of discharge",
    "x [%],U": "per cent",
    "Ewe/V,sto": "a potential: swap",
    "sto,U [mV]": "mV: divide by 1000",
}


@pytest.mark.parametrize(("head", "said"), HEADS.items())
@pytest.mark.parametrize("mark", ["", "# "])
def test_the_head_of_a_table_is_believed(tmp_path, head, said, mark):
    with pytest.raises(InputError, match=said):
        read_table(written(tmp_path, STO, U, f"{mark}{head}\n"), OCP)


@pytest.mark.parametrize(
    ("curve", "head", "said"),
    [
        (DIFFUSIVITY, "sto,D (cm2/s)", "multiply by 1e-4"),
        (DIFFUSIVITY, "sto,log D", "a logarithm"),
        (CONDUCTIVITY, "c_e / mol m-3,kappa / mS cm-1", "multiply by 0.1"),
        (CONDUCTIVITY, "c [mol/L],kappa", "mol/l: multiply by 1000"),
        (SALT_DIFFUSIVITY, "mol/kg,D", "mol/kg"),
    ],
)
def test_units_of_a_head(tmp_path, curve, head, said):
    x = STO if curve is DIFFUSIVITY else 2000 * STO
    with pytest.raises(InputError, match=said):
        read_table(written(tmp_path, x, 0 * x + 1e-10, f"{head}\n"), curve)


@pytest.mark.parametrize("curve", [CONDUCTIVITY, SALT_DIFFUSIVITY])
@pytest.mark.parametrize(("scale", "said"), [(1e-3, "mol/l: multiply by 1000"), (1e3, "another unit")])
def test_what_is_no_salt_concentration(tmp_path, curve, scale, said):
    x = np.linspace(100, 2500, 9)
    assert float(read_table(written(tmp_path, x, 0 * x + 0.9), curve)(1000.0)) == pytest.approx(0.9)
    with pytest.raises(InputError, match=f"in mol m-3, got .*{said}"):
        read_table(written(tmp_path, x * scale, 0 * x + 0.9), curve)


BRANCHES = {
    "discharge, then charge": ([0.3, 0.6, 0.9, 0.8, 0.5], "line 4: .*got 0.8 after 0.9"),
    "a step back": ([0.3, 0.5, 0.4, 0.6, 0.9], "line 3: .*got 0.4 after 0.5"),
    "charge, then discharge": ([0.9, 0.6, 0.3, 0.5, 0.8], "line 4: .*charge and discharge in one table"),
    "twice": ([0.3, 0.5, 0.5, 0.6, 0.9], "line 3: .*got 0.5 twice"),
}


@pytest.mark.parametrize(("x", "said"), BRANCHES.values(), ids=BRANCHES)
def test_two_branches_in_one_table(tmp_path, x, said):
    with pytest.raises(InputError, match=said):
        read_table(written(tmp_path, x, np.linspace(4.2, 3.5, 5)), OCP)


def test_what_is_too_short_or_not_positive(tmp_path):
    with pytest.raises(InputError, match="at least three lines"):
        read_table(written(tmp_path, [0.1, 0.9], [4, 3]), OCP)
    with pytest.raises(InputError, match="above zero, got -14"):
        read_table(written(tmp_path, STO, 0 * STO - 14), DIFFUSIVITY)


@pytest.mark.parametrize(
    ("scale", "shift", "said"),
    [(1000, 0, r"did you mean 4\d{3}[.\d]* mV \(4\.\d+ V\)"), (-1, 8, "over a state of charge")],
)
def test_an_ocp_in_millivolts_or_over_charge(tmp_path, scale, shift, said):
    path = written(tmp_path, STO, scale * U + shift)
    own = {"base": "NMC811_Chen2020", "ocp": str(path), "sto_0": 0.9, "sto_100": 0.3}
    material = {"base": "Chen2020_cathode", "active": own}
    with pytest.raises(InputError, match=said):
        load_case(CASE, {"cell.materials.cathode": material})


@pytest.mark.parametrize("name", ["cell.mpt", "cell.mpr", "cell.mpt.gz", "CELL.NDAX"])
def test_a_cycler_s_file_is_told_how_to_become_a_table(tmp_path, name):
    (tmp_path / name).write_bytes(b"EC-Lab")
    with pytest.raises(InputError, match=r"got a cycler's file .*: microsim curve FILE --half-cycle N --sto"):
        read_table(tmp_path / name, OCP)
