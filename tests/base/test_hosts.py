"""Lithium per formula unit and capacity per mass of an insertion material."""

from dataclasses import replace

import pytest

from microsim.base.hosts import Host, remarks_on

CRYSTAL = Host("NMC", 50000.0, 4864.0, 0.09728, 0.9, 0.3)  # 50000 mol m-3 of 97.28 g mol-1: 4864 kg m-3


def test_a_crystal_has_one_site_and_the_capacity_of_faraday():
    assert CRYSTAL.sites == pytest.approx(1, rel=1e-12)
    assert CRYSTAL.capacity == pytest.approx(26801.4812 / 97.28, rel=1e-6)  # mAh mol-1 over g mol-1
    assert CRYSTAL.remark == ""


def test_what_is_off_by_more_than_five_percent_says_so():
    more, less = replace(CRYSTAL, c_s_max=64000.0), replace(CRYSTAL, c_s_max=40000.0)
    assert "1.28 sites" in more.remark and "352.7 mAh, 28% above the 275.5 mAh" in more.remark
    assert "0.8 sites" in less.remark and "20% below" in less.remark
    assert replace(CRYSTAL, c_s_max=52400.0).remark == "" and replace(CRYSTAL, c_s_max=47600.0).remark == ""
    assert remarks_on([more, CRYSTAL, more]) == [more.remark]


def test_without_a_molar_mass_nothing_is_known():
    unknown = replace(CRYSTAL, molar_mass=None)
    assert (unknown.sites, unknown.capacity, unknown.remark) == (None, None, "")
