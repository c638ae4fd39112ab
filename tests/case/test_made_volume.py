"""A case whose image is generated from a recipe, made once for all that share it."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case import made_volume
from microsim.case.build import read_grid
from microsim.case.case import load_case
from microsim.generate import synthetic

from .half_cell import BASE, fails

RECIPE = {
    "shape": [16, 12, 12],
    "voxel_size_nm": 500,
    "active_fraction": 0.4,
    "cbd_fraction": 0.1,
    "median_diameter_um": 2.5,
    "smallest_diameter_um": 2,
    "largest_diameter_um": 3,
}
CELL = {
    **BASE["cell"],
    "materials": {"am": "NMC811_Chen2020", "cbd": "CBD_default", "electrolyte": "LiPF6_EC_EMC_3_7"},
}


def case_of(recipe=RECIPE, **volume):
    return {**BASE, "cell": CELL, "volume": {"recipe": recipe, **volume}}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Numbers of the electrodes that were built; the cache in a folder of the test."""
    monkeypatch.setattr(made_volume, "_cache", lambda: tmp_path / "cache")
    build, seeds = synthetic.build_electrode, []

    def counted(recipe, progress=None):
        seeds.append(recipe.seed)
        return build(recipe, progress)

    monkeypatch.setattr(synthetic, "build_electrode", counted)
    return seeds


def test_the_volume_is_that_of_generate_and_made_once(made):
    case = load_case(case_of())
    volume, grid = read_grid(case)
    expected = synthetic.build_electrode(case.volume.recipe).phase
    assert np.array_equal(grid.phase, expected) and grid.names == ("pore", "am", "cbd")
    assert grid.voxel_size == pytest.approx((5e-7,) * 3) and volume.source == "synthetic electrode, seed 1"
    again = read_grid(load_case(case_of(), {"protocol.0": "Discharge at 1C until 3.5 V"}))[0]
    assert made == [1, 1] and again.sha256 == volume.sha256  # once by the case, once by the test
    assert read_grid(load_case(case_of({**RECIPE, "seed": 2})))[0].sha256 != volume.sha256
    assert made == [1, 1, 2]


def test_a_generated_image_is_cropped_as_another(made):
    grid = read_grid(load_case(case_of(crop={"x": [0, 8]})))[1]
    assert grid.shape == (8, 12, 12)


def test_a_recipe_may_be_a_file_beside_the_case_and_stands_in_the_case_that_is_kept(made, tmp_path):
    (tmp_path / "thick.yaml").write_text("".join(f"{key}: {value}\n" for key, value in RECIPE.items()))
    (tmp_path / "case.yaml").write_text(str(case_of("thick.yaml")).replace("'", '"'))
    case = load_case(tmp_path / "case.yaml")
    assert case.volume.recipe.shape == (16, 12, 12)
    assert load_case(case.as_dict()).sha256 == case.sha256
    assert case.as_dict()["volume"] == load_case(case_of()).as_dict()["volume"]


def test_a_cache_that_is_torn_or_refuses_costs_only_time(made, tmp_path, monkeypatch):
    volume = read_grid(load_case(case_of()))[0]
    (kept,) = (tmp_path / "cache").glob("*.npz")
    kept.write_bytes(b"PK torn")
    assert read_grid(load_case(case_of()))[0].sha256 == volume.sha256
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(made_volume, "_cache", lambda: tmp_path / "file" / "below")
    assert read_grid(load_case(case_of()))[0].sha256 == volume.sha256 and made == [1, 1, 1]


def test_no_binder_is_no_phase(made):
    cell = {**CELL, "materials": {k: v for k, v in CELL["materials"].items() if k != "cbd"}}
    case = load_case({**case_of({**RECIPE, "cbd_fraction": 0}), "cell": cell})
    assert read_grid(case)[1].names == ("pore", "am")


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        ({"file": "a.tif"}, "expected one of file, slab and recipe, got file, recipe"),
        ({"voxel_size_nm": 400}, "volume.voxel_size: expected none beside a recipe"),
        ({"file_axes": "zyx"}, "volume.file_axes: expected none"),
        ({"phases": {"pore": 0, "am": 2}}, "volume.phases: expected those of the recipe"),
        ({"recipe": {**RECIPE, "porosity": 0.3}}, "volume.recipe.porosity: expected a known key"),
        ({"recipe": 5}, "volume.recipe: expected a section"),
        ({"recipe": "absent.yaml"}, "absent.yaml: expected a readable YAML file"),
    ],
)
def test_mistakes_name_the_key(volume, words):
    assert words in fails(case_of(**volume))


def test_a_recipe_s_file_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "list.yaml").write_text("[1]")
    with pytest.raises(InputError, match="expected a recipe in"):
        load_case(case_of(str(tmp_path / "list.yaml")))
