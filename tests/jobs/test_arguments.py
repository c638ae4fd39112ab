"""Arguments that several jobs share, as text of the command line and as values from Python."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.jobs.arguments import as_list, as_phase_names, conductivities, voxel_size_nm
from microsim.jobs.compare import compare
from microsim.jobs.validate import validate


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("pore", {"pore": 1.0}),
        ("pore=1.0, cbd=0.1", {"pore": 1.0, "cbd": 0.1}),
        ("am=1:0.5:0.25", {"am": (1.0, 0.5, 0.25)}),
        ({"pore": 1, "cbd": np.float64(0.1)}, {"pore": 1.0, "cbd": 0.1}),
        ({"am": (1, 0.5, 0.25)}, {"am": (1.0, 0.5, 0.25)}),
    ],
)
def test_conducting_phases(given, read):
    assert conductivities(given, "conducting") == read
    assert conductivities(read, "conducting") == read  # what was read reads again


@pytest.mark.parametrize(
    "wrong", ["", " ", "pore=", "pore=-1", "pore=1:2", "=1", "pore,pore", {}, None, 3, {"a": "b"}]
)
def test_what_conducts_nothing(wrong):
    with pytest.raises(InputError, match="^--conducting"):
        conductivities(wrong, "--conducting")


def test_names_and_sizes():
    assert (
        as_phase_names("pore, cbd", "through")
        == ("pore", "cbd")
        == as_phase_names(("pore", "cbd"), "through")
    )
    assert voxel_size_nm("398", "H") == pytest.approx((3.98e-7,) * 3, rel=1e-12)
    assert voxel_size_nm("100,200,300", "H") == pytest.approx((1e-7, 2e-7, 3e-7), rel=1e-12)
    for wrong in ("0", "398,1", "1e9", "a"):
        with pytest.raises(InputError, match="^H"):
            voxel_size_nm(wrong, "H")


def test_one_alone_is_a_list_of_one(tmp_path):
    assert (
        as_list("run", "against") == ["run"]
        and as_list(("a", "b"), "") == ["a", "b"]
        and as_list(None, "") == []
    )
    planes = np.zeros((2, 3, 3))
    assert as_list(planes, "against")[0] is planes
    with pytest.raises(InputError, match="got nosuch; correct them"):
        validate("nosuch")
    soc = np.linspace(0.3, 0.7, 27).reshape(3, 3, 3)
    options = {"voxel_size": 1e-6, "simulated_voxel_size": 1e-6, "sigma": 0.02}
    one, listed = (compare(soc, soc + 0.01, against=given, **options) for given in (soc + 0.1, [soc + 0.1]))
    assert one.numbers()["models"] == listed.numbers()["models"] != []
