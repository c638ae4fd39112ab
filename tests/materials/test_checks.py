"""What the checks of a material set refuse, each in one sentence."""

from dataclasses import replace

import numpy as np
import pytest

from microsim import materials
from microsim.base.errors import InputError
from microsim.materials.checks import check_material
from microsim.materials.laws import SumOfTerms, Tabulated

NMC, SALT = materials.load("NMC811_Chen2020"), materials.load("LiPF6_EC_EMC_3_7")
CATHODE, CBD = materials.load("Chen2020_cathode"), materials.load("CBD_default")


def constant(value):
    return lambda x, T: value + 0 * np.asarray(x)


WRONG = {
    "a diffusivity in cm2 s-1 and nm": (replace(NMC, D_s=constant(4e-5)), "D_s from 1e-21 to 1e-08 m2 s-1"),
    "a negative diffusivity": (replace(NMC, D_s=lambda x, T: 1e-14 * (0.5 - x)), "D_s .* at sto 0.5"),
    "an infinite exchange current": (replace(NMC, i0=lambda c, x, T: np.inf + x), "i0 .* got inf"),
    "no number": (replace(NMC, D_s=constant(float("nan"))), "D_s .* got nan"),
    "an OCP in mV": (replace(NMC, U=SumOfTerms((4000.0, -500.0))), "U from -0.1 to 5.6 V"),
    "an OCP that rises": (
        replace(NMC, U=SumOfTerms((3.0, 0.1))),
        "falls with lithiation, got one that rises, from 3.02 to 3.1 V",
    ),
    "a lithiation outside": (replace(NMC, sto_100=0.1), "expected sto_100 in the window"),
    "lithium in mol l-1": (replace(NMC, c_s_max=63.1), "c_s_max from 1000"),
    "a conductivity in mS cm-1 and m": (
        replace(SALT, kappa=constant(9500.0)),
        "kappa from 1e-06 to 200 S m-1.* did you mean 9500 uS/cm",
    ),
    "salt diffusivity below 0 at the end": (
        replace(SALT, D_e=lambda c, T: 1e-10 * (1 - c / 2000)),
        "D_e .* at c_e 2",
    ),
    "a transference number above 1": (replace(SALT, t_plus=1.2), "t_plus from -1 to 1"),
    "no thermodynamic factor": (replace(SALT, tdf=0.0), "tdf from 0.001"),
    "too full": (replace(CATHODE, porosity=0.4), "at most 1, got 0.4 \\+ 0.665"),
    "a radius in um": (replace(CATHODE, radius=5.22), "radius from 1e-09 to 0.001 m"),
    "faster than straight pores": (replace(CATHODE, transport_efficiency=0.5), "at most the porosity, 0.335"),
    "its particles": (replace(CATHODE, active=replace(NMC, density=4.7)), "density from 300"),
    "a CBD": (replace(CBD, porosity=1.4), "porosity from 0 to 1 over"),
}


@pytest.mark.parametrize(("material", "sentence"), WRONG.values(), ids=WRONG)
def test_it_is_refused(material, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        check_material(material, name="cell.materials.am")
    said = str(error.value)
    assert (
        said.startswith("cell.materials.am: expected")
        and said.endswith((".", "?"))
        and "\n" not in said
        and "  " not in said
    )


def test_a_fit_may_rise_a_little():
    """Graphite fits have plateaus that rise by less than a millivolt."""
    flat = Tabulated([0.0, 0.5, 0.6, 1.0], [0.2, 0.1, 0.1 + 8e-4, 0.05])
    check_material(replace(materials.load("Graphite_Chen2020"), U=flat))
