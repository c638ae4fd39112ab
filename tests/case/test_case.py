"""A case: units, sentences for every mistake, cross-checks, and the effective case."""

import copy
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim import materials
from microsim.base.errors import InputError
from microsim.base.schema import apply_setting, read_yaml
from microsim.case.case import load_case, parse_case
from microsim.case.protocol import read_step
from microsim.case.windows import beyond_windows

CASES = sorted((Path(__file__).parents[2] / "cases").glob("*.yaml"))
TEXT = """\
title: A half cell
volume:
  file: electrode.tif
  voxel_size_nm: 398
  phases: {pore: 0, am: 1, cbd: 2}
  crop: {x: [0, 8], y: [2, 6]}
cell:
  separator: {thickness_um: 25, porosity: 0.47, bruggeman: 1.5}
  materials: {am: NMC811_Chen2020, cbd: CBD_default, electrolyte: LiPF6_EC_EMC_3_7}
  initial_sto: 0.27
  film: {model: gaussian, mean_separator_nm: 20, seed: 3}
protocol:
  - Discharge at C/2 until 3.5 V
  - Rest for 30 minutes
compare: {measured: soc.tif, voxel_size_um: [0.5, 0.5, 1], time: Rest for 30 minutes}
"""


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "half_cell.yaml"
    path.write_text(TEXT)
    return path


def fails(case_file, *settings):
    with pytest.raises(InputError) as caught:
        load_case(case_file, settings)
    return str(caught.value)


def test_units_become_si(case_file):
    case = load_case(case_file)
    assert case.name == "half_cell"
    assert case.volume.voxel_size == (398e-9, 398e-9, 398e-9)
    assert case.volume.crop == {"x": (0, 8), "y": (2, 6)}
    assert case.cell.separator.thickness == 25e-6
    assert case.cell.separator.transport_efficiency == pytest.approx(0.47**1.5, rel=1e-15)
    assert case.cell.temperature == 298.15
    assert case.cell.electrolyte_concentration == 1000.0
    assert (case.cell.film.mean_separator, case.cell.film.mean_collector) == (20e-9, 5e-9)
    assert (case.cell.film.correlation, case.cell.film.seed) == (1e-6, 3)
    assert case.compare.voxel_size == (5e-7, 5e-7, 1e-6)


@pytest.mark.parametrize("written", ["3.98e2", "'398'", '"3.98e2"', "398.0", "398"])
def test_numbers_written_as_text_are_converted(case_file, written):
    assert load_case(case_file, [f"volume.voxel_size_nm={written}"]).volume.voxel_size[0] == 398e-9


def test_exponent_without_a_dot_is_a_number(case_file):
    assert load_case(case_file, ["numerics.time_tolerance=1e-4"]).numerics.time_tolerance == 1e-4


@pytest.mark.parametrize(
    "written", ["about 398", ".nan", ".inf", "true", "1e-4x", "[1, 2]", "0.5", "1e6", "-3"]
)
def test_voxel_size_that_is_none_is_refused(case_file, written):
    assert fails(case_file, f"volume.voxel_size_nm={written}").startswith("volume.voxel_size_nm: expected")


@pytest.mark.parametrize(
    ("settings", "parts"),
    [
        # unknown keys, at every level: the dotted path, the nearest key, the known ones
        (
            ["protcol=1"],
            ["protcol: expected a known key", "did you mean protocol?", "known here: title, volume"],
        ),
        (
            ["cell.separator.thicknes_um=3"],
            ["cell.separator.thicknes_um", "did you mean thickness_um?", "porosity"],
        ),
        (["cell.film.mean_nm=3"], ["cell.film.mean_nm", "mean_separator_nm"]),
        (["numerics.tolerance=1"], ["numerics.tolerance", "newton_tolerance"]),
        (["cell.cbd.beta=1"], ["cell.cbd.beta", "transport_efficiency"]),
        # a unit that is missing: the keys that carry one
        (["volume.voxel_size=398"], ["volume.voxel_size:", "voxel_size_nm, voxel_size_um or voxel_size_m"]),
        (["cell.separator.thickness=25"], ["thickness_um, thickness_nm or thickness_m"]),
        (["cell.temperature=300"], ["temperature_K"]),
        (["cell.initial_voltage=4.2"], ["initial_voltage_V"]),
        (["numerics.max_step=10"], ["max_step_s"]),
        # wrong type, out of range
        (["volume=3"], ["volume: expected a section with the keys file"]),
        (["volume.phases=[0, 1]"], ["volume.phases: expected the label of each phase"]),
        (["volume.phases.am=1.5"], ["volume.phases.am: expected a whole number"]),
        (["volume.crop.x=[5, 3]"], ["volume.crop.x", "first below end"]),
        (["volume.crop.w=[0, 3]"], ["volume.crop: expected x, y or z"]),
        (
            ["cell.separator.porosity=1.2"],
            ["cell.separator.porosity: expected a number above 0, at most 1, got 1.2"],
        ),
        (["cell.temperature_K=25"], ["cell.temperature_K: expected a number from 200 to 400 K, got 25"]),
        (["cell.area_correction=1"], ["cell.area_correction: expected true or false"]),
        (["cell.film.conductivity_S_m=.inf"], ["cell.film.conductivity_S_m: expected a number"]),
        (["title=3"], ["title: expected a text, got 3"]),
        (["output.fields=[sto, ce]"], ["output.fields.1: expected sto, c_e, phi_e", "c_e"]),
        (["volume.file_axes=xyt"], ["volume.file_axes"]),
        (["cell.film.min_nm=30"], ["cell.film: expected min_nm up to max_nm"]),
        # one way of saying it
        (["volume.voxel_size_um=0.4"], ["expected one of voxel_size_nm and voxel_size_um, got both"]),
        (["cell.initial_soc=1"], ["initial_sto and initial_soc, got both", "--set cell.initial_sto=null"]),
        (
            ["cell.initial_sto=null"],
            ["cell.initial_sto: expected initial_sto, initial_soc or initial_voltage_V"],
        ),
        (["cell.separator.transport_efficiency=0.3"], ["bruggeman and transport_efficiency, got both"]),
        (["volume.file=null"], ["volume: expected either file or slab, got neither"]),
        # materials cover the phases
        (["cell.materials.am=NMC"], ["cell.materials.am", "NMC811_Chen2020"]),
        (["cell.materials.cbd=null"], ["expected a material for cbd, got none"]),
        (["cell.materials.electrolyte=null"], ["expected a material for electrolyte"]),
        (["cell.materials.crack=CBD_default"], ["expected the solid phases am, cbd, got crack"]),
        (["cell.materials.pore=CBD_default"], ["expected the solid phases am, cbd, got pore"]),
        (["cell.materials.am=CBD_default"], ["expected one active material, got none"]),
        (
            ["cell.materials.am=LiPF6_EC_EMC_3_7"],
            ["cell.materials.am", "active, conductor, porous, flooded or dry", "electrolyte"],
        ),
        (["volume.phases.x=0"], ["volume.phases: expected a label of its own"]),
        # the OCP window
        (["cell.initial_sto=0.1"], ["cell.initial_sto", "window of NMC811_Chen2020, 0.2 to 0.9999, got 0.1"]),
        (["cell.initial_sto=null", "cell.initial_voltage_V=5"], ["cell.initial_voltage_V", "got 5 V"]),
        (
            ["protocol.0=Discharge at C/2 until 2.2 V"],
            [
                "protocol.0: expected a voltage inside the OCP",
                "3.487 to 4.469 V",
                "from 2.487 to 4.273 V",
                "2.2 V",
            ],
        ),
        (["protocol.0=Hold at 5 V for 1 h"], ["protocol.0: expected a voltage inside the OCP", "5 V"]),
        (["protocol.0=Hold at 2 V for 1 h"], ["protocol.0: expected a voltage inside the OCP", "2 V"]),
        (
            ["protocol=[Discharge at 1C for 60 s, Charge at 1C until 5 V]", "compare=null"],
            ["protocol.1: expected a voltage", "5 V"],
        ),
        (["protocol.0=Discharge at C/2 until 4.29 V"], ["protocol.0", "4.29 V", "initial state"]),
        (["protocol.0=Charge at C/2 until 4.2 V"], ["protocol.0", "got 4.2 V"]),
        # what comes later
        (["cell.film={model: map, file: a.tif}", "volume.coarsen=2"], ["cell.film.model", "got map with 2"]),
        (
            ["volume.file=null", "volume.slab={phase: am, thickness_um: 75.6, cells: 80}"],
            ["volume.slab: expected nothing else beside it"],
        ),
        (["cell.counter_electrode=graphite"], ["cell.counter_electrode: expected lithium or ideal"]),
        (
            ["cell.counter_electrode={material: NMC811_Chen2020, thickness_um: 85, initial_sto: 0.9}"],
            ["cell.counter_electrode.material: expected a homogenised porous electrode", "kind active"],
        ),
        (["cell.initial_sto={cbd: 0.3}"], ["expected a lithiation for each of am, got cbd"]),
        (
            ["protocol.0=Keep at 4.2 V until C/50"],
            ["protocol.0", '"Keep at 4.2 V until C/50"', "Rest for 30 minutes"],
        ),
        (["output.fields=[c_e]"], ["output.fields: expected sto for the comparison"]),
        (["compare.time=start"], ["compare.time", "Rest for 30 minutes"]),
        # --set itself
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


def test_initial_state_by_voltage_and_by_soc(case_file):
    nmc = materials.load("NMC811_Chen2020")
    by_voltage = load_case(case_file, ["cell.initial_sto=null", "cell.initial_voltage_V=4.1"])
    assert nmc.U(by_voltage.cell.initial_sto) == pytest.approx(4.1, abs=1e-8)
    by_soc = load_case(case_file, ["cell.initial_sto=null", "cell.initial_soc=1"])
    assert by_soc.cell.initial_sto == pytest.approx(nmc.sto_100)


def test_cbd_exponent_uses_the_porosity_given_or_the_material_s(case_file):
    own = load_case(case_file, ["cell.cbd.bruggeman=2"]).cell.cbd
    assert (own.porosity, own.transport_efficiency) == (None, pytest.approx(0.47**2))
    given = load_case(case_file, ["cell.cbd.bruggeman=2", "cell.cbd.porosity=0.3"]).cell.cbd
    assert given.transport_efficiency == pytest.approx(0.09)
    assert load_case(case_file, ["cell.cbd.transport_efficiency=0"]).cell.cbd.transport_efficiency == 0.0


@pytest.mark.parametrize("path", [*CASES, None], ids=lambda path: path.stem if path else "text")
def test_effective_case_reads_in_as_the_same_case(case_file, path):
    case = load_case(path or case_file)
    again = parse_case(case.as_dict(), case.path)
    assert again == case
    assert again.sha256 == case.sha256


def test_voltages_a_little_beyond_the_ocp_are_taken_and_told(case_file):
    assert beyond_windows(load_case(case_file)) == []
    steps = [
        "Discharge at C/2 until 3 V",
        "Hold at 3 V for 60 s",
        "Charge at 1C until 4.6 V",
        "Rest for 60 s",
        "Discharge at C/2 until 3 V",
    ]
    told = beyond_windows(load_case(case_file, [f"protocol=[{', '.join(steps)}]", "compare=null"]))
    assert len(told) == 2
    assert (
        told[0].startswith("'Discharge at C/2 until 3 V', 'Hold at 3 V for 60 s': ")
        and "3.487 V; below" in told[0]
    )
    assert (
        told[1].startswith("'Charge at 1C until 4.6 V': ")
        and "4.469 V; above" in told[1]
        and "running empty" in told[1]
    )


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
    ("wording", "kind", "quantity", "value", "volts", "until", "seconds"),
    [
        ("Discharge at C/2 until 3.5 V", "current", "c_rate", 0.5, 3.5, None, None),
        ("Discharge at 1C for 30 minutes or until 3.5 V", "current", "c_rate", 1.0, 3.5, None, 1800.0),
        ("discharge at 0.1 C  for 2 hours", "current", "c_rate", 0.1, None, None, 7200.0),
        ("Discharge at 20 A/m2 until 3500 mV", "current", "current_A_m2", 20.0, 3.5, None, None),
        ("Discharge at 2 mA/cm2 until 3.5V", "current", "current_A_m2", 20.0, 3.5, None, None),
        ("Discharge at 3 mA until 3.5V", "current", "current_A", 3e-3, 3.5, None, None),
        ("Charge at C/4 until 4.2 V", "current", "c_rate", -0.25, 4.2, None, None),
        ("Charge at 5 A/m2 for 90 s", "current", "current_A_m2", -5.0, None, None, 90.0),
        ("Discharge at 70 W/m2 until 3.5 V", "power", "power_W_m2", 70.0, 3.5, None, None),
        ("Charge at 7 mW/cm2 for 1 min", "power", "power_W_m2", -70.0, None, None, 60.0),
        ("Hold at 4.2 V until C/20", "voltage", "voltage_V", 4.2, None, ("c_rate", 0.05), None),
        (
            "Hold at 4.2V for 20 minutes or until 50 mA",
            "voltage",
            "voltage_V",
            4.2,
            None,
            ("current_A", 0.05),
            1200.0,
        ),
        ("hold at 4100 mV for 1 h", "voltage", "voltage_V", 4.1, None, None, 3600.0),
        ("Rest for 30 minutes", "rest", None, None, None, None, 1800.0),
        ("Rest for 1 hour", "rest", None, None, None, None, 3600.0),
        ("Rest for 5 ms", "rest", None, None, None, None, 0.005),
        ("Rest for 2 DAYS", "rest", None, None, None, None, 172800.0),
    ],
)
def test_protocol_wording(wording, kind, quantity, value, volts, until, seconds):
    step = read_step(wording)
    assert (step.kind, step.quantity, step.until_voltage_V, step.until) == (kind, quantity, volts, until)
    assert step.value == (None if value is None else pytest.approx(value))
    assert step.duration_s == seconds


def test_repeats_are_written_out_and_profiles_stay(case_file):
    cycle = "{repeat: 3, steps: [Discharge at 1C for 60 s, {repeat: 2, steps: [Rest for 5 s]}]}"
    drive = "{profile: drive.csv, quantity: current_A_m2, until_voltage_V: 3.6}"
    protocol = load_case(case_file, [f"protocol=[{cycle}, {drive}]", "compare=null"]).protocol
    assert [step.kind for step in protocol] == ["current", "rest", "rest"] * 3 + ["profile"]
    assert (protocol[-1].profile, protocol[-1].quantity, protocol[-1].until_voltage_V) == (
        "drive.csv",
        "current_A_m2",
        3.6,
    )
    assert load_case(case_file, [f"protocol=[{cycle}]", "compare=null"]).as_dict()["protocol"] == [
        {"repeat": 3, "steps": ["Discharge at 1C for 60 s", {"repeat": 2, "steps": ["Rest for 5 s"]}]}
    ]
    for wrong in (
        "{repeat: 0, steps: [Rest for 1 s]}",
        "{repeat: 2}",
        "{profile: a.csv, quantity: amps}",
        "{file: a.csv}",
        "{repeat: 2, steps: []}",
    ):
        with pytest.raises(InputError, match="expected"):
            load_case(case_file, [f"protocol=[{wrong}]", "compare=null"])


def test_a_titration_is_pulses_and_rests_until_a_voltage(case_file):
    for written in (
        "GITT discharge at C/10 for 10 minutes, rest for 1 hour, until 3.5 V",
        "{repeat: 1000, until_voltage_V: 3.5, steps: [Discharge at C/10 for 10 minutes, Rest for 1 hour]}",
    ):
        quoted = written if written.startswith("{") else f"'{written}'"
        protocol = load_case(
            case_file, [f"protocol=[Rest for 1 s, {quoted}, Rest for 2 s]", "compare=null"]
        ).protocol
        assert [step.kind for step in protocol] == ["rest", *["current", "rest"] * 1000, "rest"]
        assert {step.until_voltage_V for step in protocol[1:-1:2]} == {3.5}
        assert {k + 1 + step.skip for k, step in enumerate(protocol) if step.skip} == {2001}  # the last rest
        assert protocol[2].until_voltage_V is None and protocol[2].duration_s == 3600.0
    for wrong in (
        "{repeat: 2, until_voltage_V: 3.5, steps: [Rest for 1 s]}",
        "{repeat: 2, until_voltage_V: 3.5, steps: [Discharge at 1C until 3.6 V]}",
        "'GITT discharge at C/10, rest for 1 hour, until 3 V'",
    ):
        with pytest.raises(InputError, match="expected"):
            load_case(case_file, [f"protocol=[{wrong}]", "compare=null"])


@pytest.mark.parametrize(
    "wording",
    [
        "Discharge at C/2",
        "Discharge at C/0 until 3.5 V",
        "Discharge at 1 Ah until 3.5 V",
        "Hold at 4.2 V until 3 W",
        "Rest",
        "Rest for 0 s",
        "Discharge at C/2 until 3.5",
        "Discharge at -1C until 3.5 V",
        "Discharge for 1 hour",
        "Hold at 4 V",
        "x",
    ],
)
def test_wording_that_is_not_understood_is_refused(wording):
    with pytest.raises(InputError, match="protocol: expected"):
        read_step(wording)


@settings(deadline=None)
@given(
    st.floats(1.001, 0.999e5),
    st.sampled_from([("nm", 1e-9), ("um", 1e-6), ("m", 1.0)]),
    st.sampled_from(["volume.voxel_size", "cell.separator.thickness"]),
)
def test_a_length_is_the_same_in_every_unit(length_nm, unit, key):
    name, metres = unit
    length_nm *= 100 if "separator" in key else 1
    raw = copy.deepcopy(BASE)
    apply_setting(raw, f"{key}_um=null")
    apply_setting(raw, f"{key}_{name}={length_nm * 1e-9 / metres!r}")
    case = parse_case(raw)
    read = case.cell.separator.thickness if "separator" in key else case.volume.voxel_size[0]
    assert math.isclose(read, length_nm * 1e-9, rel_tol=1e-12)


BASE = {
    "volume": {"file": "a.tif", "voxel_size_um": 1, "phases": {"pore": 0, "am": 1}},
    "cell": {
        "separator": {"thickness_um": 25, "porosity": 0.47},
        "materials": {"am": "NMC811_Chen2020", "electrolyte": "LiPF6_EC_EMC_3_7"},
        "initial_sto": 0.3,
    },
    "protocol": ["Discharge at C/2 until 3.5 V"],
}
