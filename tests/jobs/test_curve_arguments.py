"""Arguments of jobs on measured curves: what is taken, what is refused."""

from typing import get_args

import pytest

from microsim.base.errors import InputError
from microsim.jobs.curve_arguments import above_zero, file_columns, measured_file, sized


def declared(annotated):
    return get_args(annotated)[1]


def test_a_file_is_a_path():
    assert declared(measured_file("File.")).read("a.mpt", "file") == "a.mpt"
    with pytest.raises(InputError, match="file: expected the path of a file, got int"):
        declared(measured_file("File.")).read(3, "file")


def test_columns_are_numbers_or_headings():
    read = declared(file_columns("time_s=1")).read
    assert read("time_s=1,voltage_V=Ewe", "columns") == {"time_s": 1, "voltage_V": "Ewe"}
    with pytest.raises(InputError, match="columns"):
        read("nothing", "columns")


def test_a_size_is_in_its_unit_on_the_command_line_and_in_SI_in_python():
    size = declared(above_zero("Of the electrode.", "A", "--area-cm2", 1e4))
    assert size.text("2", "area") == pytest.approx(2e-4, rel=1e-12) and size.read(2e-4, "area") == 2e-4
    for wrong in ("0", "-1", "much"):
        with pytest.raises(InputError, match="area"):
            size.text(wrong, "area")


def test_a_mass_has_its_unit_or_is_in_SI():
    mass = declared(sized("Of active material.", "M", "--mass-mg", "mass", 1e6))
    assert mass.text("7", "--mass-mg") == pytest.approx(7e-6, rel=1e-12) == mass.read("7 mg", "mass")
    with pytest.raises(InputError, match="mass: expected a mass .* did you mean 7 g"):
        mass.read(7.0, "mass")
    with pytest.raises(InputError, match="--mass-mg: expected a mass from 1e-10 to 1e.07 mg"):
        mass.text("1e12", "--mass-mg")
