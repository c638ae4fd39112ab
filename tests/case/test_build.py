"""From a case to a cell that runs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microsim.base.errors import InputError
from microsim.case.build import assemble, film_on, read_grid, set_up, simulate
from microsim.case.case import load_case, parse_case
from microsim.cell.design import CounterSlab
from microsim.cell.film import Film

from ..cells import design, image, voxel_grid

CASES = Path(__file__).parents[2] / "cases"
SMALL = ["volume.crop={x: [0, 12], y: [0, 8], z: [0, 8]}", "compare=null"]
SLAB = ["volume.slab.cells=8", "cell.shells=6"]


def test_what_1C_is():
    """From the material's window, or as the case says it: by area, or by capacity."""
    setup = set_up(load_case(CASES / "demo.yaml", SMALL))
    material, grid = setup.case.load_materials()["am"], setup.grid
    volume = grid.mask("am").sum() * grid.voxel_volume
    lithium = material.c_s_max * abs(material.sto_0 - material.sto_100) * volume
    assert setup.one_C == pytest.approx(96485.33212 * lithium / 3600, rel=1e-12)
    assert setup.mass == pytest.approx(material.density * volume, rel=1e-12)
    given = set_up(load_case(CASES / "demo.yaml", [*SMALL, "cell.nominal_current_density_A_m2=30"]))
    assert given.figures()["current_density_1C_A_m2"] == pytest.approx(30)
    given = set_up(load_case(CASES / "demo.yaml", [*SMALL, "cell.nominal_capacity_mAh_g=200"]))
    assert given.one_C == pytest.approx(0.2 * 1e3 * given.mass)
    told = given.figures()
    assert told["c_rate_mA_g"] == pytest.approx(200) and "200 mA per gram" in told["c_rate_meaning"]
    assert "nominal_capacity_mAh_g of the case" in told["c_rate_meaning"]
    assert "from its sto_100 to its sto_0 in an hour" in setup.figures()["c_rate_meaning"]


def test_the_design_is_what_the_case_asks_for():
    settings = [
        "cell.cbd={porosity: 0.3, reactive_share: 0.2, contact_resistance_ohm_m2: 0.01, contact_lost: 0.1}",
        "cell.pore_transport_efficiency=0.5",
        "cell.electrolyte_concentration_mol_m3=900",
        "cell.double_layer_F_m2=0.2",
        "cell.counter_electrode={material: Chen2020_anode, thickness_um: 50, initial_sto: 0.9, layers: 5}",
    ]
    design = set_up(load_case(CASES / "demo.yaml", [*SMALL, *settings])).cell.design
    assert (design.phases["cbd"].porosity, design.phases["cbd"].reactive_share) == (0.3, 0.2)
    assert design.phases["pore"] is None and design.phases["am"].name == "NMC811_crystal"
    assert (design.contact_resistance, design.contact_lost) == (0.01, 0.1)
    assert (design.pore_transport_efficiency, design.double_layer) == (0.5, 0.2)
    assert design.c_e_0 == design.electrolyte.c_e_0 == 900
    assert isinstance(design.counter_electrode, CounterSlab) and design.counter_electrode.layers == 5


def test_a_flooded_phase_is_as_pores_are():
    wet = set_up(load_case(CASES / "demo.yaml", [*SMALL, "cell.materials.cbd=flooded"])).cell
    assert wet.design.phases["cbd"] is None and wet.mesh.counts["electrolyte"] > 0


def test_a_film_on_the_faces_is_one_resistance_a_map_or_a_model():
    grid = voxel_grid(image((6, 5, 5)))
    thin = assemble(grid, design(grid), Film("uniform", 1e-6, 20e-9))
    assert thin.R_film == pytest.approx(0.02) and thin.R_film.size == thin.mesh.faces.area.size
    assert assemble(grid, design(grid), 0.02).R_film == pytest.approx(thin.R_film)
    graded = assemble(grid, design(grid), lambda faces: faces.position[:, 0])
    assert np.array_equal(graded.R_film, graded.mesh.faces.position[:, 0])
    assert not assemble(grid, design(grid)).R_film.any()


def test_a_counter_slab_has_no_film():
    grid = voxel_grid(image((6, 5, 5)))
    slab = set_up(load_case(CASES / "dfn_chen2020.yaml", SLAB)).cell.design.phases["cathode"]
    cell = assemble(grid, replace(design(grid), counter_electrode=CounterSlab(slab, 50e-6, 0.5, 4)))
    inside = cell.mesh.positive[cell.mesh.faces.electronic]
    thickness = film_on(Film("uniform", 1e-6, 20e-9), cell.mesh, grid)
    assert not inside.all() and np.all(thickness[inside] == 20e-9) and not thickness[~inside].any()


def test_an_empty_crop_names_the_phase(tmp_path):
    labels = np.zeros((6, 4, 4), np.uint8)
    labels[4:] = 1
    np.save(tmp_path / "v.npy", labels)
    raw = load_case(CASES / "demo.yaml").as_dict()
    raw["volume"] = {
        "file": str(tmp_path / "v.npy"),
        "voxel_size_nm": 400,
        "phases": {"pore": 0, "am": 1},
        "crop": {"x": [0, 3]},
    }
    del raw["cell"]["materials"]["cbd"], raw["cell"]["cbd"], raw["compare"]
    with pytest.raises(InputError, match=r"volume\.crop: .* got none of am"):
        read_grid(parse_case(raw))
    raw["volume"].pop("voxel_size_nm")
    with pytest.raises(InputError, match="expected a voxel size"):
        read_grid(parse_case(raw))


def test_simulate_runs_the_protocol_and_shows_how_far_it_is():
    case = load_case(
        CASES / "dfn_chen2020.yaml", [*SLAB, "protocol=[Discharge at 1C for 60 s, Rest for 30 s]"]
    )
    seen, told = [], []
    setup, record = simulate(case, lambda moment: seen.append((moment.number, moment.last)))
    assert [step["end_reason"] for step in record.steps] == ["duration"] * 2
    assert seen.count((0, True)) == seen.count((1, True)) == 1 and record.columns["time_s"][-1] == 90
    setup.experiment().run(setup.loads(), setup.shown(lambda *shown: told.append(shown)))
    shares = [done for done, _, message in told if message.startswith("Discharge at 1C")]
    assert shares == sorted(shares) and 0.5 < shares[-1] <= 0.99


def test_a_volume_that_no_memory_is_free_for_is_refused_before_the_work(monkeypatch):
    from pathlib import Path

    from microsim.case.build import planned_bytes, read_grid
    from microsim.case.case import load_case

    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.27")
    case = load_case(Path(__file__).parents[2] / "cases" / "demo.yaml")
    with pytest.raises(
        InputError, match=r"volume: 64 x 48 x 48 voxels: .* about 0\.28 GB, 0\.27 GB free; crop"
    ):
        read_grid(case)
    fewer = load_case(case, {"numerics.restart": 2})  # vectors of GMRES
    assert planned_bytes(case) - planned_bytes(fewer) == pytest.approx((5 - 2) * 16 * 64 * 48 * 48)
    monkeypatch.setenv("MICROSIM_MEMORY_GB", "0.55")
    read_grid(case)
    monkeypatch.setattr("microsim.case.build.ranks_here", lambda: 2)  # of which each holds all of it
    with pytest.raises(InputError, match=r"voxels on each of 2 ranks: .* about 0\.56 GB"):
        read_grid(case)
