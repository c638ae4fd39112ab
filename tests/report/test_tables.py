"""The tables say what result.json says; what is missing is a dash, what fails says so."""

import math

import pytest

from microsim.report import tables


def plain(text):
    return text.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def cells(table, row):
    return [plain(text) for text in table.rows[row]]


def test_summary_names_the_key_numbers(run):
    cards = {card.name: card for card in tables.summary_cards(run["result"])}
    assert plain(cards["Capacity"].value) == "150.1" and cards["Capacity"].unit == "mAh g⁻¹"
    assert (
        plain(cards["Mean voltage"].value) == "3.700" and plain(cards["Tortuosity factor τ"].value) == "3.212"
    )
    assert plain(cards["Li balance"].value) == "3.1 × 10⁻⁹" and cards["Li balance"].passed


def test_summary_of_an_empty_result_has_dashes():
    cards = tables.summary_cards({})
    assert [card.value for card in cards] == ["–", "–"]


def test_last_discharge_is_the_last_one_by_name(run_with_rests):
    assert tables.last_discharge(run_with_rests["result"])["name"] == "Discharge at 1C until 3.5 V"

    def last(*names):
        return tables.last_discharge({"steps": [{"name": name} for name in names]}).get("name")

    assert last("Discharge at 1C", "Charge at 1C", "Rest for 1 hour") == "Discharge at 1C"
    assert last("Rest for 1 hour", "Charge at 1C") == "Charge at 1C"
    assert last() is None


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(0.0, "pass"), (1e-6, "pass"), (1.01e-6, "FAIL"), (math.nan, "FAIL"), (None, "FAIL")],
)
def test_conservation_passes_up_to_its_limit(error, verdict):
    table = tables.conservation_table(
        {"lithium_balance_error": 0.5, "conservation": {"lithium_balance_error": error}}
    )
    assert [row[-1] for row in table.rows] == [verdict]


def test_transport_says_where_no_path_is(run):
    table = tables.transport_table(run["result"])
    assert cells(table, 0) == [
        "pore",
        "x",
        "0.3500",
        "0.3400",
        "0.1090",
        "3.212",
        "–",
        "2.0 × 10⁻⁵",
        "21",
        "0.12 s",
    ]
    assert cells(table, 1)[4:6] == ["0", "no path"]


def test_transport_shows_what_conducts_and_the_effective_conductivity():
    values = {"tau": 2.0, "D_eff_over_D0": 0.25, "effective_conductivity_S_m": 0.2371}
    network = {"conducting": {"pore": 1.0, "cbd": 0.27}, "x": values, "y": values}
    table = tables.transport_table({"transport": {"electrolyte": network}})
    assert [row[1] for row in table.rows] == ["x", "y"] and cells(table, 0)[6] == "0.237"
    assert "electrolyte: pore 1, cbd 0.27" in table.note


def test_steps_of_a_rest_have_no_capacity(run_with_rests):
    table = tables.steps_table(run_with_rests["result"])
    assert cells(table, 0) == [
        "1",
        "Charge at C/2 until 4.2 V",
        "50 min",
        "-75.00",
        *["–"] * 3,
        "4.100",
        "voltage cut-off",
    ]
    assert cells(table, 1) == ["2", "Rest for 10 minutes", "10 min", *["–"] * 4, "3.900", "duration"]


def test_the_stack_is_told_layer_by_layer():
    layers = {
        "electrode": {"thickness_m": 42e-6, "mass_kg_m2": 0.15},
        "separator": {"thickness_m": 25e-6, "mass_kg_m2": 0.05},
    }
    table = tables.stack_table({"stack": {"basis": "per everything", "mass_kg_m2": 0.2, "layers": layers}})
    assert cells(table, 0) == ["electrode", "42 µm", "15.0", "75.0 %"] and "per everything" in table.note
    assert tables.stack_table({"stack": {"missing": "no density"}}).rows == []
    step = {"name": "Discharge at 1C", "areal_capacity_mAh_cm2": 2.5, "energy_Wh_kg": 251.0}
    assert cells(tables.steps_table({"steps": [step]}), 0)[4:7] == ["2.500", "251.0", "–"]


def test_phases_show_what_is_known(run):
    table = tables.phases_table(run["result"], run["grid"])
    assert [row[0] for row in table.rows] == ["pore", "active material", "carbon-binder"]
    fraction = f"{100 * run['grid'].fraction('pore'):.2f} %"
    assert cells(table, 0) == ["pore", "0", fraction, "99.00 %", "98.00 %", "100.00 %", *["–"] * 5]
    assert cells(table, 1)[3:] == ["–"] * 8


def test_film_is_shown_with_its_units():
    film = {
        "model": "gaussian",
        "conductivity": 5e-7,
        "mean_separator": 2e-8,
        "seed": 0,
        "drawn": {"mean_m": 1.2e-8},
    }
    shown = {name: plain(text) for name, text in tables.film_table({"film": film}).rows}
    assert shown["Conductivity"] == "5 × 10⁻⁷ S m⁻¹" and shown["Mean separator"] == "20 nm"
    assert shown["Seed"] == "0" and shown["Drawn: mean"] == "12 nm"


def test_model_choices_are_shown_with_their_units():
    correction = {"applied": True, "reactive_area_m2": 1.4e-8}
    table = tables.model_table(
        {"area_correction": correction, "c_rate_current_A": 2.5e-9, "active_mass_kg": 3e-11}
    )
    shown = {name: plain(text) for name, text in table.rows}
    assert shown["1C current"] == "2.5 × 10⁻⁹ A" and shown["Active mass"] == "30 ng"
    assert shown["Area correction: reactive area"] == "14 000 µm²"


def test_sources_of_a_material_are_grouped():
    table = tables.materials_table(
        {"materials": {"am": {"name": "NMC", "sources": {"U": "Chen", "D_s": "Chen", "a": "B"}}}}
    )
    assert table.rows == [("active material", "NMC", "U, D_s: Chen; a: B")]


def test_run_table_names_volume_and_hashes(run):
    table = tables.run_table(run["result"], run["grid"])
    shown = {name: plain(text) for name, text in table.rows}
    assert shown["File"] == "made_up.tif" and shown["Voxels (x × y × z)"] == "16 × 12 × 10"
    assert shown["Voxel size"] == "0.4 × 0.4 × 0.4 µm" and shown["Size"] == "6.40 × 4.80 × 4.00 µm"
    assert shown["Voxels, active"] == "960 (50.0 %)" and shown["Voxels, separator cells"] == "64"
    assert shown["Volume SHA-256"] == "d" * 64 and shown["Case SHA-256"] == "c" * 64


def test_numerics_show_tolerances_of_the_case():
    table = tables.numerics_table(
        {"time_steps": 5, "numerics": {"backend": "cpu"}}, {"time_tolerance": 1e-4, "max_step_s": None}
    )
    assert [(name, plain(text)) for name, text in table.rows] == [
        ("Time steps", "5"),
        ("Backend", "cpu"),
        ("Time tolerance", "1 × 10⁻⁴"),
    ]
