"""A case to begin with: what names of phases say, and what they leave open."""

import pytest

from microsim.base.errors import InputError
from microsim.base.schema import parse_yaml
from microsim.case.begin import first_case
from microsim.case.case import parse_case

SHAPE, SIZE = (40, 30, 20), (4e-7,) * 3


def parsed(phases, shape=SHAPE, size=SIZE, file="labels.tif"):
    return parse_case(parse_yaml(first_case(file, phases, size, shape, "xyz"), "case.yaml"))


@pytest.mark.parametrize(
    ("phases", "materials"),
    [
        (("pore", "am", "cbd"), {"am": "NMC811_crystal", "cbd": "CBD_default"}),
        (("pore", "binder", "active"), {"binder": "CBD_default", "active": "NMC811_crystal"}),
        (("void", "Graphite"), {"void": "flooded", "Graphite": "Graphite_Chen2020"}),
        (("pore", "LFP", "carbon_black"), {"LFP": "LFP_Prada2013", "carbon_black": "CBD_default"}),
        (("pore", "NMC622", "crack"), {"NMC622": "NMC622_Verbrugge2017", "crack": "flooded"}),
        (("pore", "LNMO"), {"LNMO": "LNMO_Pron2019"}),
        (("pore", "particles"), {"particles": "NMC811_crystal"}),
    ],
)
def test_what_a_phase_is_made_of_is_told_by_its_name(phases, materials):
    case = parsed({name: 100 * label for label, name in enumerate(phases)})
    assert case.cell.materials == {**materials, "electrolyte": "LiPF6_EC_EMC_3_7"}
    assert case.volume.phases == {name: 100 * label for label, name in enumerate(phases)}


@pytest.mark.parametrize("name", ["label1", "nmc111", "grey", "dark phase", "true", "1"])
def test_a_name_that_does_not_tell_is_asked_for_and_never_guessed(name):
    with pytest.raises(InputError, match=f"expected a material for {name}, got none"):
        parsed({"pore": 0, name: 1})


def test_a_discharge_begins_charged_and_ends_where_the_ocp_is_known():
    cathode, anode = first_case("a.tif", {"am": 1}, SIZE, SHAPE, "xyz"), parsed({"pore": 0, "graphite": 1})
    assert "initial_soc: 1 " in cathode and "Discharge at C/2 until 3.5 V" in cathode
    assert anode.cell.initial_sto < 0.05 and anode.protocol[0].text == "Discharge at C/2 until 0.1 V"


def test_the_heading_stays_true_when_the_protocol_is_another():
    assert parsed({"pore": 0, "am": 1}, file="mine.tif").title == "mine.tif, half cell"


def test_a_large_volume_is_cropped_across_and_a_small_one_is_whole():
    assert parsed({"pore": 0, "am": 1}).volume.crop is None
    crop = parsed({"pore": 0, "am": 1}, (200, 400, 30)).volume.crop
    assert crop == {"y": (186, 213), "z": (1, 28)}  # 200 x 27 x 27 voxels


def test_a_crop_that_was_looked_at_is_that_of_the_case():
    phases = {"pore": 0, "am": 1}

    def crop(shape, box):
        text = first_case("a.tif", phases, SIZE, shape, "xyz", box=box)
        return parse_case(parse_yaml(text, "case.yaml")).volume.crop

    assert crop((20, 30, 10), ((2, 22), (0, 30), (5, 15))) == {"x": (2, 22), "y": (0, 30), "z": (5, 15)}
    large = crop((200, 400, 30), ((10, 210), (100, 500), (7, 37)))
    assert large == {"x": (10, 210), "y": (286, 313), "z": (8, 35)}  # as without a box, from its corner


def test_a_phase_called_electrolyte_is_refused():
    with pytest.raises(InputError, match="another name than electrolyte.*call it pore=3"):
        first_case("a.tif", {"electrolyte": 3, "am": 1}, SIZE, SHAPE, "xyz")


def test_sizes_and_names_are_as_the_file_has_them():
    case = parsed({"pore": 0, "am": 1}, size=(4e-7, 1e-7, 1e-7), file="my data/run #3: b.tif::a/b")
    assert case.volume.file == "my data/run #3: b.tif::a/b"
    assert case.volume.voxel_size == pytest.approx((4e-7, 1e-7, 1e-7))
    unsized = first_case("a.tif", {"pore": 0, "am": 1}, None, SHAPE, "zyx")
    assert parse_yaml(unsized, "a.yaml")["volume"]["voxel_size_nm"] is None and "file_axes: zyx" in unsized


def test_a_mask_is_in_the_case():
    text = first_case("labels.tif", {"pore": 0, "am": 1}, SIZE, SHAPE, "xyz", "label=9")
    assert parse_case(parse_yaml(text, "case.yaml")).volume.mask == "label=9"
