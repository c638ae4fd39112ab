"""Names from a browser stay in the studio's folder, whatever they are spelled like."""

import os

import pytest

from microsim.base.errors import InputError
from microsim.studio.places import OWN, Outside, Place

OUT = (
    "../secret.txt",
    "more/../../secret.txt",
    "/etc/passwd",
    "out.txt",
    "out/grey.tif",
    "out",
    "~/x/../../..",
    "..",
    "",
    ".",
    "a\0b",
    "more/../.microsim-studio/token",
    ".microsim-studio/token",
    "records/token",
    "line\nbreak",
    "x" * 5000,
)


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_is_refused(place, name):
    with pytest.raises(Outside, match="inside of the studio's folder"):
        place.inside(name)


@pytest.mark.parametrize("name", [None, 3, ["labels.tif"]])
def test_a_name_is_a_text(place, name):
    with pytest.raises(Outside):
        place.inside(name)


@pytest.mark.parametrize(
    "name", ["labels.tif", "same.tif", "more", "more/new.tif", "./labels.tif", "a b,c.tif"]
)
def test_names_inside_pass(place, name):
    assert place.inside(name).as_posix() == name.removeprefix("./")


def test_a_file_is_there_and_no_device(place):
    assert place.file("labels.tif").name == "labels.tif"
    os.mkfifo(place.root / "pipe")
    for name in ("pipe", "more", "missing.tif"):
        with pytest.raises(InputError, match="expected a file"):
            place.file(name)


def test_the_folder_is_there(tmp_path):
    with pytest.raises(InputError, match="DIR: expected a folder"):
        Place.of(tmp_path / "missing")


def test_listings_show_what_lies_inside(place):
    (place.root / "case.yaml").write_text("a: 1")
    os.mkfifo(place.root / "pipe")
    found = {row["name"]: row["kind"] for row in place.listing()}
    assert found == {"more": "folder", "labels.tif": "volume", "same.tif": "volume", "case.yaml": "case"}
    with pytest.raises(Outside):
        place.listing("out")


REACH = (
    ["info", "../secret/grey.tif"],
    ["info", "/etc/hostname"],
    ["info", "out/grey.tif"],
    ["info", "labels.tif", "--json", "../numbers.json"],
    ["info", "labels.tif", "--json", "/tmp/numbers.json"],
    ["info", "labels.tif", "--json=/tmp/numbers.json"],
    ["info", "labels.tif", "--json", "out/numbers.json"],
    ["info", "labels.tif", "--json", ".microsim-studio/token"],
    ["info", "labels.tif", "--json", "~/numbers.json"],
    ["transport", "labels.tif", "--shares", "pore=../secret/grey.tif"],
    ["run", "case.yaml", "--set", "volume.file=../secret/grey.tif"],
    ["run", "case.yaml", "--set", 'volume={file: "/etc/hostname"}'],
    ["run", "case.yaml", "--set", 'volume.file="\\x2fetc\\x2fhostname"'],
    ["run", "case.yaml", "--set", 'volume.file="\\x2e\\x2e/not_there.tif"'],
    ["run", "case.yaml", "--set", "volume.file=\n  ../secret/grey.tif"],
    ["soc", "a.h5::mu", "--references", "b.h5::x,../secret/grey.tif"],
    ["run", "reaching.yaml"],
    ["run", "linked.yaml"],
    ["study", "study.yaml"],
)


@pytest.mark.parametrize("words", REACH, ids=" ".join)
def test_a_command_line_that_reaches_outside_is_refused(place, words):
    (place.root / "reaching.yaml").write_text("volume: {file: ../secret/grey.tif}\n")
    (place.root / "linked.yaml").write_text("volume: {file: out/grey.tif}\n")
    (place.root / "study.yaml").write_text("base: reaching.yaml\n")
    with pytest.raises(Outside, match="inside of the studio's folder"):
        place.check_words(words)


@pytest.mark.parametrize(
    "words",
    [
        ["info", "labels.tif", "--phases", "pore=0,am=1", "--voxel-size-nm", "400"],
        ["run", "cases/demo.yaml", "--out", "out2/demo", "--set", "protocol.0=Discharge at C/2 until 3.5 V"],
        ["run", "case.yaml", "--set", "cell.film.model=none", "--resume"],
        ["info", "meshes/demo_electrode.tif"],  # ships with microsim
        ["eis", "same.tif", "--frequencies", "1e-3:1e3:61"],
    ],
    ids=" ".join,
)
def test_a_command_line_within_passes(place, words):
    (place.root / "case.yaml").write_text("volume: {file: labels.tif}\n")
    place.check_words(words)


def test_data_of_a_volume_lie_inside_too(place):
    header = (
        "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: ../secret/grey.tif\n\n"
    )
    (place.root / "far.nhdr").write_text(header)
    for name in ("far.nhdr", "out/grey.tif", "../secret/grey.tif", ".microsim-studio/x.tif"):
        with pytest.raises(Outside):
            place.volume(name)
    assert place.volume("./labels.tif") == "labels.tif" and OWN == ".microsim-studio"
    assert place.volume("run/fields.h5::sto@end") == "run/fields.h5::sto@end"


def test_slices_are_told_from_a_folder_of_pictures(place):
    folders = {"slices": ("s_01.png", "s_2.png"), "figures": ("a.png", "b.png"), "one": ("s_1.tif",)}
    for name, files in folders.items():
        (place.root / name).mkdir()
        for file in files:
            (place.root / name / file).touch()
    kinds = {row["name"]: row["kind"] for row in place.listing()}
    assert [kinds[name] for name in folders] == ["slices", "folder", "folder"]
    assert list(kinds)[:4] == ["figures", "more", "one", "slices"]  # before files


@pytest.mark.parametrize(
    "name", ["labels.tif", "out.txt", "none/a.tif", "../a.tif", "out/a.tif", ".a", "", "."]
)
def test_a_new_file_replaces_none_and_stays_inside(place, name):
    assert place.fresh("more/a.tif") == place.root / "more" / "a.tif"
    with pytest.raises(InputError):
        place.fresh(name)
