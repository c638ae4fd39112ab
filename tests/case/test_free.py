"""Free numbers: what follows from the case where nobody says it, and what is refused."""

import math

import pytest

from microsim.base.errors import InputError
from microsim.case.case import load_case
from microsim.case.free import parameters, settled

MAP = [{"measured": "../meshes/demo_virtual_sto.tif", "sigma": 0.02}]
FILM = {"model": "uniform", "thickness_nm": 10, "conductivity_S_m": 2e-7}


def read(free, **settings):
    return parameters(load_case("cases/demo.yaml", {"fit": {"free": free, "to": MAP}, **settings}))


def test_start_and_bounds_follow_from_the_case():
    film, factor, share, lost, t_plus = read(
        {
            "cell.film.conductivity_S_m": {},
            "cell.materials.am.i0_scale": None,
            "cell.cbd.reactive_share": {"low": 0.2, "high": 1, "scale": "linear"},
            "cell.cbd.contact_lost": {},
            "cell.materials.electrolyte.t_plus": {"start": 0.26, "low": 0.1, "high": 0.5},
        },
        **{"cell.film": FILM},
    )
    assert (film.start, film.log) == (2e-7, True)
    assert (film.low, film.high) == pytest.approx((2e-10, 2e-4))
    assert (factor.start, factor.low, factor.high, factor.log) == (1.0, 1e-3, 1e3, True)
    assert (share.start, share.log) == (0.6, False)
    assert (lost.start, lost.low, lost.high, lost.log) == (0.0, 0.0, 0.999, False)
    assert (t_plus.start, t_plus.high) == (0.26, 0.5)


def test_bounds_reach_as_far_as_the_case_takes_them():
    """A film is 10 um thick at most: a hundredfold of 20 nm, not a thousandfold."""
    (film,) = read({"cell.film.thickness_nm": {"start": 20}}, **{"cell.film": FILM})
    assert (film.low, film.high, film.log) == (pytest.approx(0.2), 2000.0, True)


def test_the_voxel_size_is_free_within_what_the_case_takes():
    """400 nm: no thousandth of it, which is below a nanometre."""
    (edge,) = read({"volume.voxel_size_nm": {}})
    assert (edge.start, edge.low, edge.high) == (400.0, 4.0, 40000.0)


def test_places_and_numbers():
    film, lost = read(
        {"cell.film.conductivity_S_m": {}, "cell.cbd.contact_lost": {"high": 0.5}}, **{"cell.film": FILM}
    )
    assert film.value(math.log(3)) == pytest.approx(6e-7) and film.place(6e-7) == pytest.approx(math.log(3))
    assert lost.value(0.5) == 0.25 and lost.bounds == (0.0, 1.0)
    assert film.value(99.0) == film.high
    assert settled([film, lost], [0.0, 0.1]) == {film.key: 2e-7, lost.key: pytest.approx(0.05)}


WRONG = {
    "cell.film.model": ({}, "expected a key that holds a number"),
    "cell.film.modl": ({"start": 1}, "expected a known key, got modl"),
    "cell.temperature_K": ({}, "expected low and high, got none"),
    "cell.materials.am.D_s_m2_s": ({}, "expected a start, for the case does not name"),
    "cell.materials.am.i0_scale": ({"start": 5, "low": 0.1, "high": 2}, "a start between them"),
    "cell.materials.am.D_s_scale": ({"low": 2, "high": 0.1}, "expected low < high"),
    "cell.cbd.reactive_share": ({"start": 0.5, "low": 0, "high": 2}, "expected a number from 0 to 1"),
    "cell.cbd.contact_lost": (
        {"start": 0.5, "low": 0, "high": 0.9, "scale": "log"},
        "bounds above 0 for log",
    ),
    "numerics.time_tolerance": ({}, "a key that begins with cell."),
    "cell.pore_transport_efficiency.x": ({"start": 1}, "expected a section"),
}


@pytest.mark.parametrize(("key", "given", "sentence"), [(k, *v) for k, v in WRONG.items()], ids=WRONG)
def test_what_is_refused(key, given, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        read({key: given}, **{"cell.film": FILM})
    assert str(error.value).startswith(f"fit.free.{key}")
