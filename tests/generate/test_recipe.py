from dataclasses import asdict, replace

import pytest

from microsim.base.errors import InputError
from microsim.base.schema import section
from microsim.generate.pores import PoreArrays
from microsim.generate.recipe import ElectrodeRecipe, load_electrode_recipe, save_electrode_recipe

SMALL = ElectrodeRecipe(
    shape=(32, 28, 30), median_diameter=3.6e-6, smallest_diameter=2e-6, largest_diameter=5.6e-6
)


def test_recipe_to_yaml_and_back(tmp_path):
    recipe = replace(SMALL, seed=11, voxel_size=0.45e-6, deformation=0.02, diameter_spread=0.25)
    text = save_electrode_recipe(tmp_path / "recipe.yaml", recipe).read_text()
    assert (
        "voxel_size_nm: 450" in text and "median_diameter_um: 3.6\n" in text and "shape: [32, 28, 30]" in text
    )
    again = load_electrode_recipe(tmp_path / "recipe.yaml")
    assert asdict(again) == {  # 3.6 / 1e6 differs from 3.6e-6 in the last bit
        name: pytest.approx(value, rel=1e-9, abs=0) if isinstance(value, float) else value
        for name, value in asdict(recipe).items()
    }
    assert load_electrode_recipe(save_electrode_recipe(tmp_path / "again.yaml", again)) == again


def test_an_empty_recipe_is_the_shipped_electrode(tmp_path):
    (tmp_path / "r.yaml").write_text("# all defaults\n")
    assert load_electrode_recipe(tmp_path / "r.yaml") == ElectrodeRecipe()


@pytest.mark.parametrize(
    "line, words",
    [
        ("active_fracton: 0.5", "active_fraction"),
        ("active_fraction: 0.8", "0.05 to 0.63"),
        ("active_fraction: much", "a number"),
        ("voxel_size: 400", "voxel_size_nm"),
        ("shape: 64", "three numbers"),
        ("shape: [64, 48, 2.5]", "whole number"),
        ("largest_diameter_um: 12", "half the shortest side"),
        ("smallest_diameter_um: 1", "at least 4 voxels"),
        ("median_diameter_um: 2", "rising order"),
        ("seed: -1", "whole number"),
        ("shape: [48, 48]", "three numbers"),
        ("thickness_um: 30", "write shape as"),
        ("layers: [{active_fraction: 0.5}]", "2 to 20 layers"),
        ("layers: [{share: 0.5}, {share: 0.4}]", "add up to 1"),
        ("layers: [{share: 0.5}, {}]", "add up to 1"),
        ("layers: [{smallest_diameter_um: 1}, {}]", "at least 4 voxels"),
        ("layers: [{}, {}]\ngradient: {porosity_rise: 0.1}", "either layers or a gradient"),
        ("layers: [{share: 0.1}, {share: 0.9}]", "as thick as its largest particle"),
        ("gradient: {}", "porosity_rise"),
        ("cbd_fraction: 0.2\ngradient: {porosity_rise: 0.6}", "3 % pores"),
        ("calendering: {strain: 0.4}", "3 % pores"),
        ("pores: {share: [0.3, 0.1], width_um: 4}", "beside channels"),
        ("pores: {share: 0.3, width_um: 4, walls: solid}\ncbd_fraction: 0.0", "beside cbd_fraction"),
        ("pores: {share: 0.3, width_um: 4, walls: solid}\ncracks: {share: 0.1}", "beside cracks"),
        ("pores: {share: 0.3}", "width_um"),
        ("cracks: {share: 0.6}", "0 to 0.4"),
        ("cracks: {share: 0.1, kind: round}", "grains or radial"),
        ("delamination: {share: 0.5}", "height_um"),
    ],
)
def test_mistakes_in_a_recipe_get_one_sentence(tmp_path, line, words):
    (tmp_path / "r.yaml").write_text(line + "\n")
    with pytest.raises(InputError, match=words) as error:
        load_electrode_recipe(tmp_path / "r.yaml")
    assert "\n" not in str(error.value)


STAGES = {
    "active_fraction": 0.4,
    "shape": [48, 48],
    "thickness_um": 25.6,
    "layers": [{"share": 0.4, "median_diameter_um": 5}, {"share": 0.6}],
    "calendering": {"strain": 0.1},
    "pores": {"share": [0.1, 0.05], "width_um": [5, 4], "kind": "lamellae"},
    "delamination": {"share": 0.5, "height_um": 1.2, "depth": 0.5},
    "cracks": {"share": 0.05, "kind": "radial", "rise": -0.5},
}


def test_every_stage_goes_to_yaml_and_back(tmp_path):
    recipe = section(ElectrodeRecipe, STAGES, "")
    again = load_electrode_recipe(save_electrode_recipe(tmp_path / "r.yaml", recipe))
    assert again == recipe and again.layers[0].median_diameter == pytest.approx(5e-6)
    assert again.pores.width == pytest.approx((5e-6, 4e-6)) and again.calendering.strain == 0.1


def test_a_thickness_gives_the_voxels_along_x():
    assert ElectrodeRecipe(shape=(48, 46), thickness=80e-6).shape == (200, 48, 46)
    with pytest.raises(InputError, match="write shape as"):
        replace(SMALL, thickness=80e-6)


def test_solid_walls_have_no_packing():
    recipe = ElectrodeRecipe(pores=PoreArrays(share=(0.2,), width=(4e-6,), walls="solid"))
    assert recipe.active_fraction is None and recipe.median_diameter is None
