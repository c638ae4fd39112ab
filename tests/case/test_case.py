"""A case: read from a file, a dict or a Case, changed by settings, given back and told apart by its hash."""

from copy import deepcopy
from pathlib import Path

import pytest

from microsim.base.errors import InputError
from microsim.base.schema import read_yaml
from microsim.case.case import load_case, parse_case

from .half_cell import BASE, TEXT, fails

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.yaml"))


def test_settings_change_lists_sections_and_absent_keys(case_file):
    case = load_case(
        case_file,
        [
            "protocol.0=Discharge at C/3 until 3.6 V",
            "cell.film.model=none",
            "volume.crop.x.1=7",
            "output.times=5",
        ],
    )
    assert (case.protocol[0].quantity, case.protocol[0].value) == ("c_rate", pytest.approx(1 / 3))
    assert case.as_dict()["cell"]["film"] == {"model": "none"}
    assert case.volume.crop["x"] == (0, 7)
    assert case.output.times == 5


def test_settings_from_python_are_values_by_dotted_key(case_file):
    steps = ["Discharge at C/3 until 3.6 V"]
    case = load_case(
        case_file, {"protocol": steps, "compare": None, "cell.film.model": "none", "title": "new"}
    )
    written = load_case(case_file, [f"protocol={steps}", "compare=null", "cell.film.model=none", "title=new"])
    assert case == written and case.title == "new" and not case.compare


def test_a_case_is_read_from_a_dict_and_from_a_case(case_file):
    case = load_case(BASE)
    assert (case.name, case.path) == ("case", None) and BASE["volume"]["voxel_size_um"] == 1
    assert load_case(case) is case
    assert load_case(BASE, {"cell.temperature_K": 300}).cell.temperature == 300
    assert "temperature_K" not in BASE["cell"]
    warmer = load_case(load_case(case_file), {"cell.temperature_K": 300})
    assert warmer.path == case_file and warmer.cell.temperature == 300
    assert load_case(load_case(case_file), {"cell.temperature_K": 298.15}) == load_case(case_file)
    with pytest.raises(InputError, match="expected a path, a dict or a Case, got int"):
        load_case(5)
    with pytest.raises(InputError, match="cell.temperature_K: expected"):
        load_case(case, {"cell.temperature_K": 25})


def test_a_number_that_is_none_is_no_default():
    raw = deepcopy(BASE)
    raw["cell"]["temperature_K"] = float("nan")
    with pytest.raises(InputError, match="cell.temperature_K: expected a number, got nan"):
        load_case(raw)
    with pytest.raises(InputError, match="cell.temperature_K: expected a number, got nan"):
        load_case(BASE, {"cell.temperature_K": float("nan")})


def test_a_dict_and_settings_are_left_as_they_were():
    raw, steps = deepcopy(BASE), ("Rest for 1 minute", "Discharge at C/2 until 3.5 V")
    given = {"cell.film": {"model": "none"}, "protocol": steps, "protocol.0": "Rest for 2 minutes"}
    kept = deepcopy(given)
    for changes in (given, kept):
        changes["cell.film.model"] = "gaussian"
    case = load_case(raw, given)
    assert (
        case.as_dict()["protocol"] == ["Rest for 2 minutes", steps[1]] and case.cell.film.model == "gaussian"
    )
    assert raw == BASE and given == kept


def test_materials_come_with_their_sources():
    sources = load_case(BASE).material_sources()
    assert sources["am"]["name"] == "NMC811_Chen2020" and "Chen" in str(sources["am"]["sources"])
    assert set(sources) == {"am", "electrolyte"}


@pytest.mark.parametrize(
    "content", ["title: a\ntitle: b\n", "a: [1\n", "a: 1\n---\nb: 2\n", "a: !!python/name:os x\n"]
)
def test_yaml_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(InputError, match="expected valid YAML"):
        read_yaml(path)


def test_files_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("absent.yaml", "binary.yaml", "."):
        with pytest.raises(InputError, match="expected a readable YAML file"):
            load_case(tmp_path / name)
    (tmp_path / "empty.yaml").write_text("")
    with pytest.raises(InputError, match="expected a case with the keys"):
        load_case(tmp_path / "empty.yaml")


@pytest.mark.parametrize("path", [*CASES, None], ids=lambda path: path.stem if path else "text")
def test_effective_case_reads_in_as_the_same_case(case_file, path):
    case = load_case(path or case_file)
    again = parse_case(case.as_dict(), case.path)
    assert again == case
    assert again.sha256 == case.sha256


def test_hash_ignores_the_form_and_sees_the_content(case_file, tmp_path):
    case = load_case(case_file)
    other = tmp_path / "elsewhere" / "half_cell.yaml"
    other.parent.mkdir()
    (other.parent / "electrode.tif").touch()
    lines = TEXT.replace("voxel_size_nm: 398", "voxel_size_um: 0.398  # um").split("volume:\n", 1)
    other.write_text("volume:\n" + lines[1].replace("pore: 0, am: 1", "am: 1, pore: 0") + lines[0])
    assert load_case(other).sha256 == case.sha256
    assert load_case(case_file, ["cell.film.seed=4"]).sha256 != case.sha256
    assert load_case(case_file, ["cell.temperature_K=300"]).sha256 != case.sha256


def test_files_beside_the_case_come_first(case_file):
    case = load_case(case_file)
    assert case.locate("electrode.tif") == "electrode.tif"
    (case_file.parent / "electrode.tif").touch()
    assert case.locate("electrode.tif") == str(case_file.parent / "electrode.tif")
    (case_file.parent / "fields.h5").touch()
    assert case.locate("fields.h5::sto") == f"{case_file.parent / 'fields.h5'}::sto"


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        (
            ["protcol=1"],
            ["protcol: expected a known key", "did you mean protocol?", "known here: title, volume"],
        ),
        (
            ["cell.separator.thicknes_um=3"],
            ["cell.separator.thicknes_um", "did you mean thickness_um?", "porosity"],
        ),
        (["numerics.tolerance=1"], ["numerics.tolerance", "newton_tolerance"]),
        (["cell.cbd.beta=1"], ["cell.cbd.beta", "transport_efficiency"]),
        (["protocol.2=Rest for 1 h"], ["--set protocol.2: expected an item's number, 0 to 1, got 2"]),
        (["protocol.last=Rest for 1 h"], ["--set protocol.last"]),
        (["volume.file.name=a"], ["--set volume.file.name: expected a section at volume.file"]),
        (["title"], ["--set: expected dotted.key=value"]),
        (["title=[a"], ["--set title", "expected valid YAML"]),
    ],
)
def test_a_mistake_is_one_sentence_with_its_path(case_file, settings, parts):
    said = fails(case_file, *settings)
    assert "\n" not in said
    for part in parts:
        assert part in said
