"""Projects of Athena, in both of its ways of writing them, made here line by line."""

import gzip
import json

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.maps.athena import read_athena
from microsim.maps.stacks import read_references

E0, STEP = 8345.0, 0.8
E = np.arange(8200.0, 8700.0, 2)
PRE = 0.4 - 2e-4 * (E - E0)


def absorption(shift=0.0, step=STEP):
    """Raw: a line before the edge, a step of that height, and nothing else."""
    return PRE + step * (E >= E0 + shift)


WINDOWS = {"bkg_e0": E0, "bkg_pre1": -140, "bkg_pre2": -30, "bkg_nor1": 50, "bkg_nor2": 300}
USUAL = {**WINDOWS, "bkg_nnorm": 3, "bkg_eshift": 0, "is_xmu": 1}


def perl(groups, end="\n"):
    """A project of Demeter; lists, empty texts and escaped marks among its settings, as it writes them."""
    lines = ["# Athena project file -- Demeter version 0.9.25", ""]
    for tag, label, x, y, args in groups:
        odd = "'titles',['.  Pre-edge range: [ -120 : -30 ]','it\\'s'],'daq','','undone',0,"
        args = ",".join(f"'{key}','{value}'" for key, value in args.items())
        lines += [f"$old_group = '{tag}';", f"@args = ({odd}'label','{label}',{args});"]
        lines += [f"@{name} = ({','.join(repr(str(v)) for v in row)});" for name, row in (("x", x), ("y", y))]
        lines += ["[record]   # create object and set arrays in ifeffit", ""]
    # mtime: names of tests, which all processes must agree on, hold the bytes
    return gzip.compress(end.join([*lines, "@journal = ();", "1;"]).encode(), mtime=0)


def as_json(groups):
    body = {"_____header1": "# Athena project file -- Demeter version 0.9.21"}
    for tag, label, x, y, args in groups:
        args = {"label": label, **{key: str(value) for key, value in args.items()}}
        body[tag] = {"args": args, "x": [str(v) for v in x], "y": [str(v) for v in y]}
    return json.dumps(body | {"_____order": [group[0] for group in groups]}).encode()


def project(folder, *groups, write=perl, **more):
    (folder / "p.prj").write_bytes(write(groups, **more))
    return folder / "p.prj"


@pytest.mark.parametrize("options", [{}, {"end": "\r\n"}, {"write": as_json}])
def test_groups_come_normalised_with_their_shift(options, tmp_path):
    shifted = ("bcdef", "Fe, two", E, absorption(4, 0.4), {**USUAL, "bkg_eshift": -2, "bkg_e0": E0 + 2})
    file = project(tmp_path, ("abcde", "LiNiO2", E, absorption(), USUAL), shifted, **options)
    found = read_references(file)
    assert found.names == ("LiNiO2", "bcdef")  # the second by its tag: its label has a comma
    first, second = (row[found.energies > E0 + 10] for row in found.values)
    assert first == pytest.approx(1, abs=1e-6) and second == pytest.approx(1, abs=1e-6)
    assert found.values[:, found.energies < E0 - 10] == pytest.approx(0, abs=1e-6)
    rises = [found.energies[np.argmax(row > 0.5)] for row in found.values]
    assert rises[0] == pytest.approx(E0 + 1, abs=2) and rises[1] == pytest.approx(E0 + 2, abs=2)
    assert read_references(f"{file}::bcdef,LiNiO2").names == ("bcdef", "LiNiO2")


@pytest.mark.parametrize(
    ("settings", "height"),
    [
        ({"bkg_step": 0.805}, STEP / 0.805),  # Athena's own, near what the post-edge says
        ({"bkg_step": 0.2, "bkg_fixstep": 1}, STEP / 0.2),  # fixed by the user
        ({"datatype": "norm"}, STEP + 0.4 - 2e-4 * 298),
        ({"is_nor": 1}, STEP + 0.4 - 2e-4 * 298),
    ],
)
def test_the_step_is_the_projects(settings, height, tmp_path):
    file = project(tmp_path, ("abcde", "a", E, absorption(), {**USUAL, **settings}))
    found = read_references(file)
    at = np.interp(E0 + 298, found.energies, found.values[0])
    assert at == pytest.approx(height, rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bkg_step": 0.2}, "got none that the project's own step of 0.2 fits"),
        ({"bkg_pre1": -500, "bkg_pre2": -400}, "expected an edge between"),
        ({"is_chi": 1}, "expected absorption over energy"),
        ({"datatype": "chi"}, "got none; name groups"),
        ({"is_pixel": 1}, "expected absorption over energy"),
    ],
)
def test_what_is_no_normalised_absorption_is_named(settings, words, tmp_path):
    file = project(tmp_path, ("abcde", "foil", E, absorption(), {**USUAL, **settings}))
    with pytest.raises(InputError, match=words):
        read_references(file)


def test_edges_of_two_elements_are_asked_about(tmp_path):
    other = ("bcdef", "Mn", E - 1800, absorption(), {**USUAL, "bkg_e0": E0 - 1800})
    file = project(tmp_path, ("abcde", "Ni", E, absorption(), USUAL), other)
    with pytest.raises(InputError, match="got Ni, Mn, which share no energies; name those of one"):
        read_references(file)
    with pytest.raises(InputError, match="groups out of Ni, Mn, got Co"):
        read_references(f"{file}::Co")
    assert read_references(f"{file}::Mn").energies[0] == 6400


@pytest.mark.parametrize(
    "content",
    [
        b"# some other text\n1 2\n",
        gzip.compress(b"x", mtime=0)[:-3],
        b'{"_____header1": "# Athena project file -- "',
        perl([]),
    ],
)
def test_damaged_projects_are_one_sentence(content):
    with pytest.raises(InputError, match="Athena"):
        read_athena(content, "p.prj")
    half = as_json([("abcde", "a", E, absorption()[:9], USUAL)])
    with pytest.raises(InputError, match="without its energies"):
        read_athena(half, "p.prj")
