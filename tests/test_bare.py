"""Without the heavy packages that one job needs, the others run; a job that needs one says so in a sentence.

All commands run in one process, and what they start, where those packages cannot be imported.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from .nickel import ENERGIES, spectrum

ROOT = Path(__file__).parents[1]
HEAVY = (
    "torch",
    "vtk",
    "vtkmodules",
    "pyvista",
    "gmsh",
    "pygmsh",
    "taufactor",
    "fipy",
    "SimpleITK",
    "warp",
    "sklearn",
)
HEAVY += ("hdf5plugin", "pybamm", "bpx", "IPython", "sympy", "pandas", "xarray", "starlette", "uvicorn")
DRIVER = """
import contextlib, io, json, sys, traceback
from microsim.cli import main
told = {}
for name, arguments in json.load(open("commands.json")).items():
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except BaseException:
            traceback.print_exc()
    told[name] = [code, out.getvalue(), err.getvalue()]
json.dump(told, open("told.json", "w"))
"""

VOLUME = "meshes/demo_electrode.tif --phases pore=0,am=1,cbd=2 --crop x=0:16,y=0:14,z=0:12"
SMALL = (
    'cases/demo.yaml --set compare=null --set "volume.crop={x: [0, 16], y: [0, 12], z: [0, 12]}"'
    ' --set "protocol=[Discharge at 1C for 2 minutes]"'
)
SLAB = "cases/dfn_xu2019.yaml --set volume.slab.cells=8"
JOBS = {
    "info": f"info {VOLUME} --measures all",
    "transport": f"transport {VOLUME} --conducting pore --axis all --tensor --flux --out transport",
    "eis of a volume": f"eis {VOLUME} --conducting pore --out eis",
    "eis of a cell": f"eis {SLAB} --frequencies 1e-2:1e2:9 --out cell_eis",
    "flow": f"flow {VOLUME} --through pore --axis x --out flow",
    "wetting": f"wetting {VOLUME} --through pore --report wetting",
    "regions": f"regions {VOLUME}",
    "representative": f"representative {VOLUME} --sizes 8,10 --count 2",
    "particles": f"particles {VOLUME} --report particles",
    "mesh of voxels": f"mesh {VOLUME} --kind voxels --out voxels.vtu",
    "mesh of tetrahedra": f"mesh {VOLUME} --kind tetrahedra --out tetrahedra.msh",
    "generate": "generate recipe.yaml --out generated.nrrd",
    "segment": "segment grey.npy --out labels.tif --phases pore,cbd,am --voxel-size-nm 100 --watershed"
    " --pore-back --report segment",
    "calibrate": "calibrate series.npy --energies E.txt --lithiation x.txt --degree 3 --noise 1e-4"
    " --out c.json",
    "soc": "soc frames.npy --energies E.txt --noise 0.01 --calibration c.json --out soc.tif"
    " --voxel-size-nm 40 --report soc",
    "compton": "compton counts.npy --energies keV.txt --incident-keV 115 --angle-deg 90 --out lithium.npy",
    "run": f"run {SMALL} --out run",
    "reproduce": "reproduce run --out again",
    "report": "report run again --out side_by_side --figures journal",
    "compare": "compare run/fields.h5 run/fields.h5 --out compare",
    "losses": "losses run/fields.h5::lithium@0 run/fields.h5::lithium@end again/fields.h5::lithium@0"
    " --out losses",
    "spectra": "spectra run/fields.h5::sto@end --references nickel.csv"
    " --reference-lithiation 0,1 --energies 8340,8350,8400 --out planned.h5",
    "evenness": f"evenness {VOLUME} run/fields.h5::sto --smallest 8 --out evenness",
    "ensemble": "ensemble studies/ensemble_nmc333.yaml --set shells=6 --set radii_um=[2,5]"
    " --set time_tolerance=1e-3 --out ensemble",
    "fit": f'fit {SMALL} --set "fit={{free: {{cell.materials.am.i0_scale: {{start: 1.2}}}},'
    ' to: {voltage: run/voltage.csv, sigma_mV: 1}}" --out fit',
    "curve": "curve run/voltage.csv --dqdv-mV 5 --out curve.csv",
    "impedance": "impedance eis.csv --out impedance",
    "animate": "animate run/fields.h5 --out film.gif",
    "export": "export run/fields.h5 --out fields.vtkhdf",
    "homogenise": f"homogenise {SMALL} --out homogenised",
    "study": "study study.yaml --out study",
    "bpx": f"bpx {SLAB.split()[0]} --out cell.json",
    "materials": "materials NMC811_Chen2020 --plot materials",
    "datasets": "datasets",
    "validate": "validate laminates fipy_half_cell --json -",
}
NEEDY = {
    f"transport {VOLUME} --conducting pore --solver taufactor": "taufactor",
    f"transport {VOLUME} --conducting pore --solver fipy": "fipy",
    f"transport {VOLUME} --conducting pore --backend gpu": "warp",
    f"run {SMALL} --backend gpu --out on_gpu": "warp",
    "register soc.tif meshes/demo_electrode.tif --phases pore=0,am=1,cbd=2": "SimpleITK",
    "segment grey.npy --out l.tif --phases pore,cbd,am --method classifier --painted painted.npy": "sklearn",
    "soc frames.npy --energies E.txt --normalised --noise 0.01 --clusters 2": "sklearn",
    "studio . --no-browser": "uvicorn",
}


def write_inputs(folder):
    """Write small data of every kind into a folder."""
    random = np.random.default_rng(0)
    rough = ndimage.gaussian_filter(random.standard_normal((20, 18, 16)), 3)
    labels = np.digitize(rough, np.quantile(rough, (0.4, 0.6)))
    grey = np.array([20.0, 90.0, 200.0])[labels] + 3 * random.standard_normal(labels.shape)
    np.save(folder / "grey.npy", grey.clip(0, 255).astype(np.uint8))
    np.save(folder / "painted.npy", ((labels + 1) * (random.random(labels.shape) < 0.2)).astype(np.uint8))
    states = np.linspace(0, 1, 11)
    np.savetxt(folder / "E.txt", ENERGIES)
    np.savetxt(folder / "x.txt", states)
    np.save(folder / "series.npy", spectrum(ENERGIES, states).T)
    np.save(folder / "frames.npy", spectrum(ENERGIES, np.linspace(0.2, 0.8, 48).reshape(8, 6)))
    ends = np.column_stack([ENERGIES, spectrum(ENERGIES, np.array([0.0, 1.0]))])
    np.savetxt(folder / "nickel.csv", ends, delimiter=",", header="energy_eV,li0,li1", comments="")
    energies = np.arange(85e3, 104e3, 25.0)
    peak = np.exp(-0.5 * ((energies - 93.87e3) / 700) ** 2)
    np.savetxt(folder / "keV.txt", energies)
    np.save(folder / "counts.npy", random.poisson(4000 * peak[:, None, None] + np.full((4, 3), 15.0)))
    freq = np.geomspace(0.1, 1e4, 31)
    Z = 1 + 5 / (1 + 1e-2j * freq)
    table = np.stack([freq, Z.real, Z.imag], axis=1)
    np.savetxt(folder / "eis.csv", table, delimiter=",", header="freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm", comments="")
    (folder / "recipe.yaml").write_text(
        "{shape: [20, 16, 16], voxel_size_nm: 400, active_fraction: 0.4, cbd_fraction: 0.05, seed: 1,"
        " median_diameter_um: 2.5, diameter_spread: 0.2, smallest_diameter_um: 2, largest_diameter_um: 3}"
    )
    (folder / "study.yaml").write_text(
        f"base: {ROOT / 'cases' / 'dfn_xu2019.yaml'}\n"
        "set: {output.times: 2, volume.slab.cells: 8, protocol: [Discharge at 1C for 2 minutes]}\n"
        "sweep: {volume.slab.thickness_um: [42, 84]}\n"
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Run all commands where the heavy packages are missing; {name: [exit code, output, errors]}."""
    folder = tmp_path_factory.mktemp("bare")
    site, work = folder / "site", folder / "work"
    site.mkdir()
    work.mkdir()
    (site / "missing.py").write_text((ROOT / "tests" / "missing.py").read_text())
    (site / "sitecustomize.py").write_text(
        f"import sys\nfrom missing import Missing\nsys.meta_path.insert(0, Missing({HEAVY!r}))\n"
    )
    write_inputs(work)
    commands = {name: shlex.split(line) for name, line in JOBS.items()}
    commands |= {line: shlex.split(line) for line in NEEDY}
    commands |= {f"{name} --help": [name, "--help"] for name in command_names()}
    (work / "commands.json").write_text(json.dumps(commands))
    path = os.pathsep.join([str(site), str(ROOT)])
    env = {**os.environ, "PYTHONPATH": path, "MICROSIM_DATA": ""}
    subprocess.run([sys.executable, "-c", DRIVER], cwd=work, env=env, check=True)
    return json.loads((work / "told.json").read_text())


def command_names():
    from typer.main import get_command

    from microsim.cli import app

    return sorted(get_command(app).commands)


def test_the_packages_are_missing_there(bare):
    """The commands that need one fail, so what passes passed without it."""
    for line, package in NEEDY.items():
        code, _, said = bare[line]
        assert code == 2 and said.count("\n") == 1, said
        assert f"expected the package {package} for" in said and "pip install" in said


@pytest.mark.parametrize("name", JOBS)
def test_a_job_runs_without_them(bare, name):
    code, _, said = bare[name]
    assert code == 0, said


def test_every_command_explains_itself_without_them(bare):
    helped = {name: told for name, told in bare.items() if name.endswith("--help")}
    assert len(helped) >= 25
    for name, (code, shown, _) in helped.items():
        assert code == 0 and "Usage" in shown, name


def test_every_command_has_a_job_here():
    asked = {line.split()[0] for line in [*JOBS.values(), *NEEDY]}
    assert set(command_names()) - asked == {"demo"}  # a run of the demo case, in tests/jobs/test_demo.py


def test_a_claim_that_needs_one_is_skipped_with_the_reason(bare):
    claims = json.loads(bare["validate"][1])["claims"]
    assert claims["laminates"]["skipped"] is None and claims["laminates"]["checks"]
    assert "pip install fipy" in claims["fipy_half_cell"]["skipped"]
