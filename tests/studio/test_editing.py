"""The editor of cases: sentences at their lines, help of the documentation, nothing saved over changes."""

import pytest

from microsim.base.errors import InputError
from microsim.studio.editing import (
    case_help,
    check_text,
    line_of,
    save_text,
    template,
    templates,
    text_of,
    yaml_kind,
)
from microsim.studio.places import Outside

CASE = """# a case
title: A slab
volume:
  slab: {phase: am, thickness_um: 42, cells: 8}
cell:
  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}
  counter_electrode: lithium
  materials: {am: Xu2019_cathode, electrolyte: LiPF6_EC_DMC_Capiglia1999}
  initial_sto: 0.4
protocol:
  - Discharge at 1C for 2 minutes
  - Rest for 1 minute
"""


def changed(old, new):
    assert old in CASE
    return CASE.replace(old, new)


def test_every_case_that_ships_is_as_it_should_be(place):
    for name in templates():
        found = check_text(place, "new.yaml", template(name))
        assert (found["kind"], found["sentence"], found["line"]) == ("case", "", None), name
    with pytest.raises(InputError, match="expected a case that ships"):
        template("../pyproject.toml")


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("porosity: 0.47", "porosity: 1.47", 6, "cell.separator.porosity: expected a number"),
        (
            "  initial_sto: 0.4\n",
            "  initial_soc: 0.4\n  film:\n    model: odd\n",
            11,
            "cell.film.model: expected",
        ),
        ("Rest for 1 minute", "Sleep", 12, "protocol.1: expected"),
        ("title: A slab", "tittle: A slab", 2, "tittle: expected a known key"),
        ("thickness_um: 42", "thickness: 42", 4, "volume.slab.thickness: expected the unit"),
        ("  initial_sto: 0.4", "\tinitial_sto: 0.4", 9, "case.yaml, line 9: expected valid YAML"),
        ("protocol:\n", "protocol: [\n", 11, "expected valid YAML"),
        ("volume:\n", "volume:\nvolume:\n", 4, "expected valid YAML"),
    ],
)
def test_a_mistake_is_told_at_its_line(place, old, new, line, said):
    found = check_text(place, "case.yaml", changed(old, new))
    assert said in found["sentence"] and "\n" not in found["sentence"]
    assert found["line"] == line


SLAB = "  slab: {phase: am, thickness_um: 42, cells: 8}"
FILE = "  file: labels.tif\n  phases: {pore: 0, am: 1}"


@pytest.mark.parametrize(
    ("volume", "rest", "line", "said"),
    [
        (f"{FILE}\n  voxel_size_nm:   # the file does not state it", "", 6, "volume.voxel_size_nm: expected"),
        (
            FILE,
            "compare:\n  measured: soc.tif\n  quantity: soc\n  voxel_size_nm:\n",
            17,
            "compare.voxel_size_nm",
        ),
        (FILE, "", None, ""),
        (f"{FILE}\n  voxel_size_nm: 400", "", None, ""),
    ],
)
def test_a_voxel_size_that_was_left_empty_is_asked_for(place, volume, rest, line, said):
    """As `info --case` begins the case of a file that states none."""
    found = check_text(place, "case.yaml", changed(SLAB, volume) + rest)
    assert found["line"] == line and said in found["sentence"]
    assert found["told"] == ("" if said else "A case, as it should be: A slab; 2 steps.")


def test_a_section_that_is_missing_has_no_line(place):
    found = check_text(place, "case.yaml", CASE.partition("protocol")[0])
    assert found["sentence"].startswith("protocol: expected protocol, got none") and found["line"] is None


def test_a_case_names_files_of_the_folder(place):
    for file in ("../secret/grey.tif", "/etc/hostname", "out/grey.tif"):
        text = changed("slab: {phase: am, thickness_um: 42, cells: 8}", f"file: {file}")
        found = check_text(place, "case.yaml", text)
        assert "inside of the studio's folder" in found["sentence"] and found["line"] == 4
    text = changed("slab: {phase: am, thickness_um: 42, cells: 8}", "file: ../labels.tif")
    assert "inside of" not in check_text(place, "more/case.yaml", text)["sentence"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{base: case.yaml, sweep: {a: [1]}}", "study"),
        ("{phases: [pore, am], steps: [{thresholds: {method: otsu}}]}", "segment"),
        ("{shape: [20, 16, 16], active_fraction: 0.4, seed: 1}", "electrode"),
        ("{radii_um: [2, 5]}", "other"),
        ("- a", "other"),
        ("", "other"),
    ],
)
def test_what_a_text_is_follows_from_its_keys(place, text, kind):
    found = check_text(place, "it.yaml", text)
    assert found["kind"] == kind and yaml_kind(None) == "other"
    assert bool(found["sentence"]) == (kind == "electrode")  # in which keys are missing


def test_what_is_saved_is_what_was_written(place):
    first = text_of(place, "more/case.yaml")
    assert first == {"text": "", "sha256": ""}
    sha256 = save_text(place, "more/case.yaml", "title: µ\n", first["sha256"])
    assert (place.root / "more/case.yaml").read_bytes() == "title: µ\n".encode()
    assert text_of(place, "more/case.yaml") == {"text": "title: µ\n", "sha256": sha256}


def test_nothing_is_saved_over_what_changed_meanwhile(place):
    sha256 = save_text(place, "case.yaml", "a: 1\n", "")
    (place.root / "case.yaml").write_text("a: 2\n")
    for before in (sha256, "", None):
        with pytest.raises(InputError, match="one that changed since; read it again"):
            save_text(place, "case.yaml", "a: 3\n", before)
    assert (place.root / "case.yaml").read_text() == "a: 2\n"


@pytest.mark.parametrize(
    "name", ["../case.yaml", "/tmp/case.yaml", ".hidden.yaml", ".microsim-studio/case.yaml", "out/a.yaml"]
)
def test_nothing_is_saved_outside(place, name):
    with pytest.raises(Outside):
        save_text(place, name, "a: 1\n", "")


@pytest.mark.parametrize("name", ["labels.tif", "notes.txt", "script.py", "page.html", "yaml"])
def test_nothing_but_yaml_is_saved(place, name):
    with pytest.raises(InputError, match="expected the name of a YAML file"):
        save_text(place, name, "a: 1\n", "")


def test_other_bytes_than_text_are_refused(place):
    (place.root / "case.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="expected UTF-8 text"):
        text_of(place, "case.yaml")


def test_help_has_the_keys_of_the_documentation():
    found = {part["section"]: part["rows"] for part in case_help()}
    keys = {key for rows in found.values() for row in rows for key in row["keys"]}
    assert {"title", "file", "voxel_size_nm", "separator", "time_tolerance", "measured", "model"} <= keys
    assert all(isinstance(row["text"], str) for rows in found.values() for row in rows)
    (title,) = [row for row in found["a case"] if row["keys"] == ["title"]]
    assert (title["default"], title["text"]) == ("empty", "heading of the report")


def test_a_line_is_found_only_where_the_sentence_names_one():
    assert line_of("a: 1\nb: 2", "b: expected 3, got 2; correct it.") == 2
    assert line_of("a: 1", "no such thing: at all") is None
    assert line_of("a: 1", "nothing") is None
    assert line_of("a: [", "a.0: expected") is None
