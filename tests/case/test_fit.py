"""The section fit of a case: read, written out again, refused in one sentence."""

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case

FIT = {
    "free": {"cell.materials.am.i0_scale": {}, "cell.cbd.reactive_share": {"low": 0, "high": 1}},
    "to": [
        {"measured": "../meshes/demo_virtual_sto.tif", "match": "mean", "sigma": 0.02},
        {"voltage": "curve.csv", "sigma_mV": 2},
        {"spectrum": "eis.csv", "after": 1, "sigma_relative": 0.01},
    ],
}


def test_it_reads_back_from_its_plain_data():
    case = load_case("cases/demo.yaml", {"fit": FIT})
    assert list(case.fit.free) == list(FIT["free"]) and len(case.fit.to) == 3 and not case.fit.held_out
    assert case.fit.to[1].sigma == pytest.approx(2e-3)
    again = load_case(case.as_dict())
    assert again.fit == case.fit and again.sha256 == case.sha256


WRONG = {
    "nothing free": ({"free": {}}, "fit.free: expected the keys of the case that are free, got {}"),
    "nothing measured": ({"to": []}, "fit.to: expected a measured map, voltage or spectrum, got none"),
    "no such step": ({"to": [{**FIT["to"][0], "match": None, "time": "Rest"}]}, "fit.to: time: expected end"),
    "too many steps": ({"held_out": [{**FIT["to"][2], "after": 9}]}, "fit.held_out: after: expected 0 to 1"),
    "a sigma of 0": (
        {"to": [{**FIT["to"][0], "sigma": 0}]},
        "fit.to.0.sigma: expected a number from 1e-08 to 1, got 0",
    ),
    "a list of keys": ({"free": ["cell.temperature_K"]}, "fit.free: expected the keys"),
    "a start in words": ({"free": {"cell.temperature_K": {"start": "warm"}}}, "start: expected a number"),
    "an unknown key": ({"free": {"cell.temperature_K": {"begin": 1}}}, "expected a known key, got begin"),
}


@pytest.mark.parametrize(("changed", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_refused(changed, sentence):
    with pytest.raises(InputError) as error:
        load_case("cases/demo.yaml", {"fit": {**FIT, **changed}})
    assert sentence in str(error.value)
