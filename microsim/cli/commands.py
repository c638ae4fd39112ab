"""The commands, in the order in which the data flows, which is that of --help: each is read off its job."""

from ..base.arguments import Argument
from ..jobs.animate import animate
from ..jobs.bpx import bpx
from ..jobs.calibrate import calibrate
from ..jobs.cell_eis import cell_impedance
from ..jobs.compare import compare
from ..jobs.compare_runs import compare_runs
from ..jobs.compton import compton_map
from ..jobs.curve import measured_curve
from ..jobs.datasets import datasets
from ..jobs.demo import demo
from ..jobs.eis import pore_impedance
from ..jobs.ensemble import ensemble
from ..jobs.evenness import evenness
from ..jobs.export import export_fields
from ..jobs.fit import fit
from ..jobs.flow import permeability
from ..jobs.generate import generate_electrode
from ..jobs.homogenise import homogenise
from ..jobs.impedance import fit_impedance
from ..jobs.info import measure
from ..jobs.losses import losses
from ..jobs.materials import material_sets
from ..jobs.mesh import export_mesh
from ..jobs.particles import particles
from ..jobs.regions import tortuosity_by_depth
from ..jobs.register import register
from ..jobs.representative import representative_volume
from ..jobs.reproduce import reproduce
from ..jobs.run import run
from ..jobs.segment import segment_volume
from ..jobs.soc import lithiation_map
from ..jobs.spectra import virtual_spectra
from ..jobs.study import study
from ..jobs.transport import tortuosity
from ..jobs.validate import validate
from ..jobs.wetting import wet
from .from_job import command_of, command_of_either


def _kind(word):
    return "A case" if word.lower().endswith((".yaml", ".yml")) else "A volume"


command_of(datasets, "datasets", ["microsim datasets", "microsim datasets --json -"])

command_of(
    generate_electrode, "generate", ["microsim generate meshes/demo_electrode.yaml --out electrode.tif"]
)

command_of(
    segment_volume,
    "segment",
    [
        "microsim segment stack.tif --out labels.tif --phases pore,cbd,am --voxel-size-nm 15.2,15.2,100 \\",
        "    --file-axes zyx --curtains-along y --align --to-voxel-nm 100 --denoise nlm --pore-back \\",
        "    --watershed --cracks crack --report out",
        "microsim segment stack.tif --out labels.tif --recipe labels.recipe.yaml --json -",
    ],
)

command_of(
    measure,
    "info",
    [
        "microsim info electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --json -",
        "microsim info electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 --measures sizes,clusters \\",
        "    --maps maps",
    ],
)

command_of(
    particles,
    "particles",
    [
        "microsim particles cycled.tif --phases pore=0,cbd=1,am=2,crack=3 --voxel-size-nm 100 \\",
        "    --against pristine.tif --json -",
    ],
)

command_of(
    export_mesh,
    "mesh",
    [
        "microsim mesh electrode.tif --out electrode.vtu --phases pore=0,am=1,cbd=2 --voxel-size-nm 398",
        "microsim mesh nrel_nmc --out corner.msh --kind tetrahedra --voxel-size-nm 398 \\",
        "    --crop x=0:64,y=100:164,z=100:164",
    ],
)

command_of(
    tortuosity,
    "transport",
    [
        "microsim transport electrode.tif --phases pore=0,am=1,cbd=2 --conducting pore=1.0,cbd=0.1 \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ],
)

command_of(
    tortuosity_by_depth,
    "regions",
    [
        "microsim regions electrode.tif --phases pore=0,am=1 --voxel-size-nm 1000 \\",
        "    --edges-um 0,300,600,1000 --diffusivity-m2-s 1.39e-11 --json -",
    ],
)

command_of(
    representative_volume,
    "representative",
    [
        "microsim representative electrode.tif --phases pore=0,am=1 --voxel-size-nm 398 \\",
        "    --sizes 32,48,64 --count 8 --seed 0 --json -",
    ],
)

command_of_either(
    {"A volume": pore_impedance, "A case": cell_impedance},
    _kind,
    Argument("A volume, or a case: its whole cell.", metavar="VOLUME|CASE.yaml"),
    "eis",
    "Compute the impedance of pores, or of a whole cell.",
    [
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 --axis all --json -",
        "microsim eis electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 398 \\",
        "    --walls double-layer --frequencies 1e-3:1e3:61 --frequency-unit characteristic",
        "microsim eis cases/demo.yaml --set cell.initial_sto=0.6 --frequencies 1e-3:1e5:41 --out out/eis",
    ],
)

command_of(
    permeability,
    "flow",
    [
        "microsim flow electrode.tif --phases pore=0,am=1,cbd=2 --through pore \\",
        "    --axis all --voxel-size-nm 398 --json -",
    ],
)

command_of(
    wet,
    "wetting",
    [
        "microsim wetting electrode.tif --phases pore=0,am=1,cbd=2 --through pore --axis x \\",
        "    --voxel-size-nm 398 --contact-angle-deg 20 --surface-tension-N-m 0.03 \\",
        "    --viscosity-Pa-s 0.003 --json -",
    ],
)

command_of(
    lithiation_map,
    "soc",
    [
        "microsim soc frames.tif --energies E.txt --flat flat.tif --dark dark.tif --align \\",
        "    --method edge --calibration first_charge.json --out soc.tif --report out",
        "microsim soc midas_lfp --method lcf --references 'hxn_fe_references::LiFe(II)PO4,Fe(III)PO4' \\",
        "    --shift fit --least-jump otsu --json -",
    ],
)

command_of(
    virtual_spectra,
    "spectra",
    [
        "microsim spectra run/fields.h5::sto@step:0 --references nickel.csv --reference-lithiation 0,1 \\",
        "    --energies 8325,8346,8400 --noise 0.02 --out planned.h5",
        "microsim soc planned.h5::mu --energies planned.h5::energy_eV --method three-energy \\",
        "    --references nickel.csv --reference-lithiation 0,1 --noise 0.02 --out soc.tif",
    ],
)

command_of(
    calibrate,
    "calibrate",
    [
        "microsim calibrate series.h5::mu --energies series.h5::energy --lithiation x.txt \\",
        "    --method edge --degree 3 --select 0:111 --out first_charge.json",
    ],
)

command_of(
    compton_map,
    "compton",
    [
        "microsim compton counts.tif --energies E.txt --incident-keV 115 --angle-deg 90 \\",
        "    --states table2.txt --regions 3 --out lithium.tif --report out",
    ],
)

command_of(
    register,
    "register",
    [
        "microsim register soc.tif electrode.tif --phases pore=0,am=1,cbd=2 --voxel-size-nm 40 \\",
        "    --map-voxel-size-nm 120 --out soc_on_electrode.tif --report out",
    ],
)

command_of(
    material_sets,
    "materials",
    [
        "microsim materials",
        "microsim materials NMC811_Chen2020 --plot out/materials",
        "microsim materials --json -",
    ],
)

command_of(
    bpx,
    "bpx",
    [
        "microsim bpx nmc_pouch_cell_BPX.json --case half.yaml",
        "microsim bpx nmc_pouch_cell_BPX.json --case full.yaml --counter electrode",
        "microsim bpx cases/dfn_chen2020.yaml --out chen2020.json",
    ],
)

command_of(
    run,
    "run",
    [
        "microsim run cases/nrel_nmc_c2.yaml --out out/slow \\",
        '    --set protocol.0="Discharge at C/3 until 3.5 V" --set cell.film.model=none',
    ],
)

command_of(
    reproduce,
    "reproduce",
    [
        "microsim reproduce out/demo --json -",
        "microsim reproduce ro-crate-metadata.json --inputs data --out out/again",
    ],
)

command_of(
    homogenise,
    "homogenise",
    [
        "microsim homogenise cases/demo.yaml --out out/demo_homogenised",
        "microsim run out/demo_homogenised/homogenised.yaml",
    ],
)

command_of(
    compare,
    "compare",
    [
        "microsim compare out/demo/fields.h5::sto soc.tif --measured-voxel-size-nm 800 --json -",
        "microsim compare sim.npy soc.tif --voxel-size-nm 400 --measured-voxel-size-nm 800 --out out/compare",
    ],
)

command_of(
    losses,
    "losses",
    [
        "microsim losses state_0.tif state_1.tif state_2.tif --material NMC532_Xu2019 --sigma 0.02 --json -",
        "microsim losses run/fields.h5::lithium@step:0 run/fields.h5::lithium@step:1 \\",
        "    run/fields.h5::lithium@step:2 --curve run/voltage.csv --out out/losses",
    ],
)

command_of(
    evenness,
    "evenness",
    [
        "microsim evenness electrode.tif soc_0.tif soc_1.tif --phases pore=0,am=1 --voxel-size-nm 100 \\",
        "    --map-voxel-size-nm 200 --sigma 0.02 --times-h 0,1.5 --json -",
        "microsim evenness meshes/demo_electrode.tif out/demo/fields.h5::sto --phases pore=0,am=1,cbd=2",
    ],
)

command_of(
    ensemble,
    "ensemble",
    [
        "microsim ensemble studies/ensemble_nmc333.yaml --out out/ensemble",
        "microsim ensemble studies/ensemble_nmc333.yaml --set parameters.low=1e-4 --json -",
    ],
)

command_of(
    fit,
    "fit",
    ["microsim fit fit.yaml --out out/fit", "microsim fit fit.yaml --set fit.coarse=false --json -"],
)

command_of(
    measured_curve,
    "curve",
    [
        "microsim curve cell7.mpt --mass-mg 7.7 --dqdv-mV 5 --json -",
        "microsim curve cell7.ndax --out cell7.csv",
        "microsim curve slow.mpt --half-cycle 2 --sto 0.27,0.9 --ocp ocp.csv",
        "microsim curve out/gitt/voltage.csv --radius-um 2.5",
    ],
)

command_of(
    fit_impedance,
    "impedance",
    [
        "microsim impedance cell7.mpt --area-cm2 1.54 --circuit randles --length-um 80 --json -",
        "microsim impedance cell7.z --area-cm2 1.54 --circuit warburg --concentration-mol-m3 24000",
        "microsim impedance symmetric.DTA --area-cm2 1.54 --circuit line --electrodes 2 --length-um 80 \\",
        "    --porosity 0.4 --conductivity-S-m 1.0",
    ],
)

command_of(
    study,
    "study",
    ["microsim study studies/rate.yaml", "microsim study studies/rate.yaml --processes 4 --json -"],
)

command_of(
    compare_runs,
    "report",
    [
        "microsim report out/slow out/fast --out out/side_by_side",
        "microsim report out/demo --figures figures --width single --figure-format pdf",
        "microsim report out/demo --pdf demo.pdf",
    ],
)

command_of(
    animate,
    "animate",
    [
        "microsim animate out/demo/fields.h5 --out lithiation.gif",
        "microsim animate out/demo/fields.h5 --field c_e --axis y --fps 4 --out salt.mp4",
    ],
)

command_of(
    export_fields,
    "export",
    [
        "microsim export out/demo/fields.h5 --out demo.vtkhdf",
        "microsim export out/demo --field sto,c_e --out demo.nc",
    ],
)

command_of(
    validate,
    "validate",
    [
        "microsim validate laminates --json -",
        "microsim validate --out out/validation --json claims.json",
        "microsim validate --kept claims.json --out out/validation",
    ],
)

command_of(demo, "demo", ["microsim demo", "microsim demo my-first-electrode"])
