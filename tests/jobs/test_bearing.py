"""Which claims bear on a run."""

import pytest

from microsim.base import gallery
from microsim.case.case import load_case
from microsim.jobs.bearing import CLAIMS, claims_of, uses_of
from microsim.jobs.validate import claim_names


def test_every_claim_that_is_named_ships():
    named = {claim for claims in CLAIMS.values() for claim in claims}
    assert len(named) > 20 and named <= set(claim_names())


@pytest.mark.parametrize(
    ("name", "settings", "used"),
    [
        ("demo", {}, ["every run", "a resolved volume", "a measured map"]),
        ("demo", {"volume.coarsen": 2, "compare": None}, ["a volume made coarse"]),
        ("nrel_nmc_c2_cei", {"output.homogenised": True}, ["a film", "the homogenised twin"]),
        ("dfn_xu2019", {}, ["every run", "a homogenised electrode"]),
        ("dfn_xu2019", {"protocol": ["Rest for 1 s"] * 11}, ["a load from a file, or many steps"]),
        ("demo", {"cell.contact_lost": 0.1}, ["contact that is lost"]),
    ],
)
def test_what_a_case_uses_is_read_off_it(name, settings, used):
    found = uses_of(load_case(f"cases/{name}.yaml", settings))
    assert set(used) <= set(found)
    assert ("a resolved volume" in found) != ("a homogenised electrode" in found)
    assert ("a film" in found) == name.endswith("cei")


def test_a_claim_says_what_of_the_case_it_bears_on():
    found = claims_of(load_case("cases/nrel_nmc_c2_cei.yaml", {"output.homogenised": True}))
    assert found["film_shift"] == "a film"
    assert found["homogenised_nrel"] == "a resolved volume, the homogenised twin"
    assert "dfn_full_cell" not in found and gallery.folder("validation").is_dir()
