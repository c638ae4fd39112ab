"""The schema of BPX: keys are known, near ones are named, required ones missed."""

import pytest

from microsim.base.errors import InputError
from microsim.case.bpx_schema import CONTACT, ELECTRODE, read_section

SEPARATOR = {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.3}


def test_a_section_is_read_by_its_schema():
    assert read_section(SEPARATOR, "Separator", CONTACT) == {
        "thickness": 2e-5,
        "porosity": 0.5,
        "transport_efficiency": 0.3,
    }


@pytest.mark.parametrize(
    ("raw", "schema", "sentence"),
    [
        ([1], CONTACT, "Separator: expected a section with the keys Thickness"),
        (
            SEPARATOR | {"Porosty": 1},
            CONTACT,
            "Separator.Porosty: expected a key of BPX.*did you mean Porosity",
        ),
        ({"Porosity": 0.5}, CONTACT, r"expected Thickness \[m\], got none"),
        ({"OCP (delithiation) [V]": "x"}, ELECTRODE, "got OCP hysteresis, which microsim does not model"),
        ({"Particle": {"Primary": {}}}, ELECTRODE, "got blended electrodes"),
    ],
)
def test_a_section_that_is_none(raw, schema, sentence):
    with pytest.raises(InputError, match=sentence):
        read_section(raw, "Separator", schema)
