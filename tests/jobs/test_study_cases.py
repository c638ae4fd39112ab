"""What a study file stands for."""

import pytest

from microsim.base.errors import InputError
from microsim.cli import main
from microsim.jobs.study_cases import load_study, rate_remarks

from .studies import BASE, TINY, concentrations, written


def test_a_sweep_is_every_combination_over_every_case(tmp_path):
    study = load_study(
        written(
            tmp_path / "s.yaml",
            f"""
        set: {TINY}
        sweep: {{c_rate: [0.5, 2], volume.slab.thickness_um: [42, 84]}}
        cases:
          - {{name: cold, cell.temperature_K: 288.15}}
          - {{cell.temperature_K: 298.15}}
        """,
        )
    )
    assert len(study.variants) == 8 and study.keys == (
        "cell.temperature_K",
        "c_rate",
        "volume.slab.thickness_um",
    )


def test_a_sweep_sets_rates_materials_and_lengths(tmp_path):
    study = load_study(
        written(
            tmp_path / "s.yaml",
            """
        sweep:
          c_rate: [0.5, 2]
          cell.materials.cathode.active.D_s_m2_s: [1.0e-15]
          cell.materials.electrolyte.t_plus: [0.3]
        """,
        )
    )
    slow, fast = (variant.case for variant in study.variants)
    assert [case.protocol[0].value for case in (slow, fast)] == [0.5, 2.0]
    assert fast.protocol[0].text == "Discharge at 2C until 3.5 V"
    loaded = fast.load_materials()
    assert float(loaded["cathode"].active.D_s(0.5, 298.15)) == 1e-15
    assert loaded["electrolyte"].value("t_plus", 1000.0, 298.15) == 0.3
    assert loaded["cathode"].porosity == slow.load_materials()["cathode"].porosity
    assert slow.sha256 != fast.sha256 and len({variant.name for variant in study.variants}) == 2


def test_null_takes_a_key_out_of_the_case(tmp_path):
    """Of the base, of one case, and of one value of a sweep."""
    key = "cell.nominal_current_density_A_m2"
    for body in (f"set: {{{key}: null}}\nsweep: {{c_rate: [1]}}", f"cases: [{{name: a, {key}: null}}]"):
        (variant,) = load_study(written(tmp_path / "s.yaml", body)).variants
        assert variant.case.cell.nominal_current_density is None
    given, none = load_study(written(tmp_path / "s.yaml", f"sweep: {{{key}: [20, null]}}")).variants
    assert given.case.cell.nominal_current_density == 20 and none.case.cell.nominal_current_density is None


def test_a_name_stays_when_values_are_added(tmp_path):
    few, more = (load_study(concentrations(tmp_path, *values)) for values in ((900, 1000), (800, 900, 1000)))
    assert {variant.name for variant in few.variants} < {variant.name for variant in more.variants}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sweep: {}", "neither"),
        ("sweep: {c_rate: 2}", "list of values"),
        ("swep: {c_rate: [1]}", "out of title"),
        ("sweep: {c_rate: [1, 1]}", "more than once"),
        ("cases: 3", "list of cases"),
        (
            "sweep: {" + ", ".join(f"{k}: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]" for k in "abcde") + "}",
            "at most 10000",
        ),
    ],
)
def test_mistakes_in_a_study_are_one_sentence(tmp_path, body, words, capsys):
    path = written(tmp_path / "s.yaml", body)
    with pytest.raises(InputError, match=words):
        load_study(path)
    assert main(["study", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_example_reads():
    study = load_study(BASE.parents[1] / "studies" / "rate.yaml")
    assert len(study.variants) == 12 and all(variant.case for variant in study.variants)


RECIPE = """{shape: [16, 12, 12], voxel_size_nm: 500, active_fraction: 0.4, cbd_fraction: 0.1,
  median_diameter_um: 2.5, smallest_diameter_um: 2, largest_diameter_um: 3}"""


@pytest.mark.parametrize("in_file", [False, True])
def test_a_recipe_s_keys_are_swept_as_the_case_s(tmp_path, in_file):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "base.yaml").write_text(
        f"volume: {{recipe: {'recipe.yaml' if in_file else RECIPE}}}\n"
        "cell:\n  separator: {thickness_um: 20, porosity: 0.4}\n  initial_sto: 0.3\n"
        "  materials: {am: NMC811_Chen2020, cbd: CBD_default, electrolyte: LiPF6_EC_EMC_3_7}\n"
        "protocol: [Discharge at C/2 until 3.5 V]\n"
    )
    path = tmp_path / "s.yaml"
    path.write_text("base: base.yaml\nsweep: {recipe.active_fraction: [0.3, 0.35], c_rate: [1, 2]}\n")
    study = load_study(path)
    fractions = [variant.case.volume.recipe.active_fraction for variant in study.variants]
    assert fractions == [0.3, 0.3, 0.35, 0.35] and study.keys == ("recipe.active_fraction", "c_rate")
    assert study.variants[0].case.volume.recipe.cbd_fraction == 0.1
    path.write_text("base: base.yaml\nsweep: {recipe.porosity: [0.3]}\n")
    with pytest.raises(InputError, match="volume.recipe.porosity: expected a known key"):
        load_study(path)


def test_a_recipe_s_key_without_a_recipe_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="expected a base case with volume.recipe"):
        load_study(written(tmp_path / "s.yaml", "sweep: {recipe.seed: [1, 2]}"))


@pytest.mark.parametrize(
    ("protocol", "later"),
    [
        ('["Discharge at 1C until 3.9 V", "Charge at 1C until 4.1 V", "Discharge at 2C until 3.9 V"]', True),
        ('["Discharge at 1C until 3.9 V", "Rest for 1 h", "Discharge at C/5 until 3.9 V"]', False),
        ('["Discharge at 1C until 3.9 V", "Charge at 1C until 4.1 V"]', False),
    ],
)
def test_a_rate_of_another_discharge_than_the_figures_is_said(tmp_path, protocol, later):
    study = load_study(
        written(tmp_path / "s.yaml", f"set: {{protocol: {protocol}}}\nsweep: {{c_rate: [0.5]}}")
    )
    told = rate_remarks(study.variants)
    assert len(told) == later
    if later:
        assert "that of the first discharge, 'Discharge at 0.5C until 3.9 V'" in told[0]
        assert "'Discharge at 2C until 3.9 V'" in told[0]


@pytest.mark.parametrize("rate", ["C/2", "1C", -1, 0])
def test_a_rate_is_a_number(tmp_path, rate):
    """C/2 became "Discharge at C/2C"."""
    with pytest.raises(InputError, match=r"c_rate \(1 is 1C, 0.5 is C/2\): expected a number"):
        load_study(written(tmp_path / "s.yaml", f"sweep: {{c_rate: [{rate}]}}"))
