"""The job generate: a recipe from a file or from its keys gives the same electrode."""

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.generate.recipe import ElectrodeRecipe
from microsim.generate.synthetic import build_electrode
from microsim.jobs.generate import generate_electrode
from microsim.jobs.transport import tortuosity
from microsim.mesh.read import read_volume

from .volumes import printed

KEYS = {
    "shape": [20, 20, 20],
    "voxel_size_um": 0.4,
    "active_fraction": 0.4,
    "median_diameter_um": 2.5,
    "smallest_diameter_um": 2,
    "largest_diameter_um": 3,
}


@pytest.fixture(scope="module")
def made():
    return generate_electrode(KEYS)


def test_the_command_writes_the_same_voxels(made, tmp_path, capsys):
    recipe, out = tmp_path / "recipe.yaml", tmp_path / "electrode.tif"
    recipe.write_text("".join(f"{key}: {value}\n" for key, value in KEYS.items()))
    numbers = printed(capsys, "generate", recipe, "--out", out)
    assert numbers["volume"] == str(out) and numbers["shape"] == [20, 20, 20]
    assert numbers["volume_fraction"] == made.numbers()["volume_fraction"]
    written = read_volume(out, made.numbers()["phases"])
    assert np.array_equal(written.phase, made.grid.phase) and written.voxel_size == pytest.approx((4e-7,) * 3)
    again = made.save_volume(tmp_path / "again.npy")
    assert np.array_equal(np.load(again), made.grid.phase)


def test_a_recipe_is_taken_as_it_is(made):
    assert np.array_equal(build_electrode(made.recipe).phase, made.grid.phase)
    assert np.array_equal(generate_electrode(made.recipe).grid.phase, made.grid.phase)
    assert isinstance(made.recipe, ElectrodeRecipe) and made.recipe.seed == 1


def test_of_several_the_best_by_transport_is_kept(made, capsys):
    """By tau of each alone; the first of them is the recipe's own."""
    best = generate_electrode(KEYS, best_of=3)
    alone = [generate_electrode(KEYS | {"seed": seed}).grid for seed in (1, 2, 3)]
    passing = [tortuosity(grid, "pore", axis="x").numbers()["axes"]["x"]["D_eff_over_D0"] for grid in alone]
    first = int(np.argmax(passing))
    assert best.chosen["D_eff_over_D0"] == pytest.approx(passing, rel=3e-3) and best.chosen["seeds"] == [
        1,
        2,
        3,
    ]
    assert best.chosen["seed"] == best.recipe.seed == first + 1 and len(set(passing)) == 3
    assert np.array_equal(best.grid.phase, alone[first].phase) and "D_eff / D0" in repr(best)
    assert made.numbers()["chosen"] is None


def test_it_prints_its_phases(made):
    assert "synthetic electrode, seed 1: 20 x 20 x 20 voxels" in repr(made)
    assert "cbd" in repr(made) and "cbd" in made._repr_html_()
    assert np.array_equal(made.particles > 0, made.grid.mask("am"))


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (7, "recipe: expected the path of a recipe"),
        ({"voxel_size": 0.4}, "expected the unit in the key"),
        ({**KEYS, "active_fraction": 0.9}, "active_fraction: expected a number from 0.05"),
        ("absent.yaml", "absent.yaml: expected a readable YAML file"),
    ],
)
def test_wrong_recipes(recipe, words):
    with pytest.raises(InputError, match=words):
        generate_electrode(recipe)


DAMAGED = {
    **KEYS,
    "shape": [40, 32, 32],
    "largest_diameter_um": 4,
    "cracks": {"share": 0.06},
    "delamination": {"share": 0.8, "height_um": 1.2, "depth": 0.5},
    "contact_loss": {"share": 0.3},
}


def test_a_generated_electrode_is_told_by_the_measures_of_a_segmented_one(tmp_path):
    from microsim.jobs.info import measure
    from microsim.jobs.particles import particles

    made = generate_electrode(DAMAGED)
    told, grid = made.numbers()["measured"], made.grid
    assert (
        told["binder"]["share_of_largest"]
        == (measure(grid, ["clusters"]).numbers()["measures"]["clusters"]["cbd"]["share_of_largest"])
    )
    section = [
        measure(grid.crop({"z": (k, k + 1)}), ["clusters"]).measures["clusters"]["cbd"] for k in range(32)
    ]
    mean = np.mean([part["share_of_largest"] for part in section if part["count"]])
    assert told["binder"]["share_of_largest_in_sections"] == pytest.approx(mean)
    by_depth = told["by_depth"]["volume_fraction"]
    assert {name: np.mean(part) for name, part in by_depth.items()} == pytest.approx(
        {name: grid.fraction(name) for name in grid.names}
    )
    assert told["crack_share"] == pytest.approx(0.06, abs=1e-3)
    assert told["lost_contact_share"] == pytest.approx(0.3, abs=5e-3)
    assert told["gap_share"] == pytest.approx(0.8, abs=1e-3)
    assert told["delaminated_share"] == particles(grid, draws=10).state.figures["delaminated_share"]
    assert {path.name for path in map(type(tmp_path), made.save_maps(tmp_path).values())} == {
        "particles.tif",
        "grains.tif",
    }
    assert "cracks in the particles" in repr(made)


def test_what_is_not_there_is_not_told(made):
    told = made.numbers()["measured"]
    assert told["crack_share"] is None and told["delaminated_share"] is None
    assert "lost_contact_share" not in told and "before_calendering" not in told
