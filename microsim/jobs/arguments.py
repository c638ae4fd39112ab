"""Arguments that several jobs share: a volume with its phases, conducting phases, axes, tolerances."""

from os import PathLike
from tempfile import gettempdir
from typing import Annotated

from ..base.arguments import REQUIRED, Argument, Spread, one_of
from ..base.axes import AXES, axis_names, axis_number
from ..base.errors import InputError
from ..base.launch import share_of_node, shares_volume
from ..base.lengths import LARGEST_VOXEL, SMALLEST_VOXEL, check_voxel_size
from ..base.pairs import name_values, voxel_box
from ..base.schema import number, say, triple, whole

VOLUME_BYTES = 4  # for a voxel: a phase, a mask, and what tells clusters apart


def as_grid(given, path):
    """Take a grid as it is, or that of a result; read a file or a data set, with the file's own voxel size
    and the labels' names."""
    from ..mesh.grid import VoxelGrid
    from ..mesh.read import read_volume

    for grid in (given, getattr(given, "grid", None)):
        if isinstance(grid, VoxelGrid):
            return grid
    if isinstance(given, (str, PathLike)):
        return read_volume(given)
    raise InputError(
        f"{path}: expected a volume with named phases, got {type(given).__name__}; use read_volume, or of an"
        ' array VoxelGrid(labels, {"pore": 0, "am": 1}, voxel_size).'
    )


def _grid_of(volume, phases=None, voxel_size_nm=None, file_axes=None, **more):
    from ..mesh.read import read_volume

    if shares_volume() and not more.get("mask") and not more.get("shares"):
        more["scratch"] = gettempdir()  # each rank reads its own part
    return read_volume(volume, phases, voxel_size_nm, axes=file_axes, **more)


def require_size(grid, what="--voxel-size-nm"):
    """Refuse a grid whose voxel size is unknown, where lengths are needed."""
    if not grid.sized:
        raise InputError(
            f"expected a known voxel size, {grid.source.name} gives none; add {what} (voxel_size in Python)."
        )


# ---- words of the command line -------------------------------------------------------------------------


def as_list(given, path):
    """Take one thing alone, a name or a map, as a list of it, which else is read letter by letter or plane by
    plane; None as none."""
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def comma_list(given):
    """Split "a,b" into its parts."""
    return [part.strip() for part in given.split(",")] if isinstance(given, str) else given


def numbers(given):
    """Split "1,2,3" into a list; a single number stays."""
    return given.split(",") if isinstance(given, str) and "," in given else given


def _phases(given, path):
    return name_values(path, given, whole(0)) if isinstance(given, str) else given


def _share_files(given, path):
    """Read "pore=share.tif"; the files of a phase each."""
    return name_values(path, given, lambda file, _: file) if isinstance(given, str) else given


def axes_order(given, path="--file-axes"):
    """Read the order of a file's axes, like zyx."""
    if sorted(given) != sorted(AXES):
        raise InputError(
            f"{path}: expected x, y and z in the file's order, got {say(given)}; write zyx, say."
        )
    return given


def voxel_size_nm(given, path):
    """Read one edge or three (x,y,z) in nm; returns m."""
    return triple(SMALLEST_VOXEL, LARGEST_VOXEL)(numbers(given), path, 1e9, "nm")


def conductivities(given, path):
    """Read the conducting phases: "pore", "pore=1.0,cbd=0.1", "pore=1:0.5:0.5" (x, y, z), or a dict of
    these."""

    def one_or_three(value, where):
        parts = value.split(":") if isinstance(value, str) else value
        parts = parts if isinstance(parts, (list, tuple)) else [parts]
        if len(parts) not in (1, 3):
            raise InputError(
                f"{where}: expected one number or three like 1:0.5:0.5, got {say(value)}; correct it."
            )
        parts = [number(0.0)(part, where) for part in parts]
        return parts[0] if len(parts) == 1 else tuple(parts)

    if isinstance(given, dict) and given:
        return {str(name): one_or_three(value, f"{path} {name}") for name, value in given.items()}
    if not isinstance(given, str) or not given.strip():
        raise InputError(
            f'{path}: expected phases like "pore" or {{"pore": 1.0, "cbd": 0.1}}, got {say(given)}.'
        )
    return name_values(path, given, one_or_three, bare=1.0)


def spelled(conducting):
    """Word conducting phases as the command line takes them."""

    def one(name, value):
        if value == 1.0:
            return name
        return f"{name}=" + (":".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}")

    return ",".join(one(*item) for item in conducting.items())


def as_phase_names(given, path):
    """Read the names of phases: "pore", "pore,cbd" or a list of them."""
    parts = comma_list(given)
    if not isinstance(parts, (list, tuple)) or not parts or not all(isinstance(p, str) and p for p in parts):
        raise InputError(
            f"{path}: expected names of phases like pore or pore,cbd, got {say(given)}; correct it."
        )
    return tuple(parts)


# ---- declarations --------------------------------------------------------------------------------------

FILE_AXES = "Axes of the file in reading order, for example zyx (default: xyz, or as it states them)."
VOLUME_PARTS = {
    "volume": (REQUIRED, Argument("Path of a volume, or a data set's name.", metavar="VOLUME")),
    "phases": (None, Argument("Label of each phase: pore=0,am=1,cbd=2.", _phases, "NAME=LABEL,...")),
    "voxel_size_nm": (
        None,
        Argument("Voxel edge in nm, or three: x,y,z. Wins over the file's.", voxel_size_nm, "H"),
    ),
    "file_axes": (None, Argument(FILE_AXES, axes_order, "AXES")),
    "crop": (
        None,
        Argument("Voxels to keep along each axis, the end not included.", voxel_box, "x=0:96,..."),
    ),
}
DRAWS = Argument("Draws of the segmentation: an interval beside each number.", metavar="FILE.draws.h5")
GRID = Spread(as_grid, {**VOLUME_PARTS, "draws": (None, DRAWS)}, _grid_of)
Grid = Annotated["VoxelGrid", GRID]  # noqa: F821 (a heavy import)
MASK = Argument(
    "What is sample: cylinder (along x; cylinder=z), y=4:80,z=4:80, label=0 (is outside), or a volume.",
    metavar="MASK",
)
MASK_PARTS = {**GRID.parts, "mask": (None, MASK)}
SHARES_PARTS = {
    **MASK_PARTS,
    "shares": (
        None,
        Argument(
            "Volumes with the share of phases in each voxel, 0 to 1 or up to 255: pore=FILE.",
            _share_files,
            "NAME=FILE,...",
        ),
    ),
}
GridWithShares = Annotated["VoxelGrid", Spread(as_grid, SHARES_PARTS, _grid_of)]  # noqa: F821
INTERFACES = ("voxel", "smooth", "grey")


def interface_of(what):
    """Declare where a phase ends; `what` names it."""
    return Annotated[
        str | None,
        one_of(
            f"Where {what} ends: at voxel faces, at the smoothest surface that the labels allow, or by "
            "shares. Default: voxel.",
            *INTERFACES,
        ),
    ]


def settled_interface(grid, interface):
    """Return where the surfaces run, voxel by default; a volume with shares has no default."""
    if interface is None and grid.shares:
        raise InputError(
            "--interface: expected a choice for a volume with shares, got none; give grey (by shares), "
            "smooth or voxel (by labels)."
        )
    return interface or "voxel"


Coarsen = Annotated[int, Argument("Join N x N x N voxels into one beforehand.", whole(1, 64), "N")]
Conducting = Annotated[
    "str | dict[str, float]",
    Argument(
        "Conducting phases: pore, or pore=1.0,cbd=0.1, or pore=1:0.5:0.5 along x, y, z.",
        conductivities,
        "NAME[=D],...",
    ),
]
Axis = Annotated[
    "str | int", Argument("Direction.", lambda given, path: AXES[axis_number(given, path)], "x|y|z")
]
Axes = Annotated["str | int", Argument("Direction, or all three.", axis_names, "x|y|z|all")]
Through = Annotated["str | list[str]", Argument("Phases that the fluid fills.", as_phase_names, "NAME,...")]


def voxel_lengths(help="Voxel edge in nm, or three: x,y,z. Wins over the file's.", option="--voxel-size-nm"):
    """Declare the edge of a voxel: in Python in m or with its unit, on the command line in nm."""
    return Annotated[
        "float | str | tuple[float, float, float] | None",
        Argument(help, check_voxel_size, "H", option, voxel_size_nm),
    ]


def tolerance(help):
    """Declare a bound of a relative error."""
    return Annotated[float, Argument(help, number(0.0, 0.1, above=True), "T")]


def phase_bytes(argument, each, within=None):
    """Return the memory for a voxel of a volume (bytes) as a function of a job's arguments, where each voxel
    of the phases that one of them names takes so much; within: with surfaces within voxels."""

    def needed(arguments):
        here = each if within is None or arguments["interface"] in (None, "voxel") else within
        share = phase_share(arguments["volume"], arguments[argument])
        return here * share / arguments.get("coarsen", 1) ** 3 + VOLUME_BYTES

    return needed


def phase_share(grid, phases):
    """Volume share of some phases together, as far as the grid has them; of a dict of those above 0."""
    names = comma_list(phases) if isinstance(phases, str) else phases
    if not isinstance(names, (list, tuple, set, dict)):
        return 0.0  # what is wrong with it is said where it is read
    if isinstance(names, dict):
        names = [name for name, value in names.items() if value]
    return sum(grid.fraction(name) for name in names if name in grid.names)


def transport_bytes(arguments):
    """Bytes for a voxel of a volume: on rows of bits, on a list of links (several conductors, flat voxels, an
    image that repeats), with what lies between the voxels of one conductor and of two; with what is drawn or
    solved beside it; by other solvers."""
    grid, conducting = arguments["volume"], arguments["conducting"]
    share, kinds = phase_share(grid, conducting), {str(value) for value in conducting.values() if value}
    plain = len(kinds) == 1 and all(isinstance(value, (int, float)) for value in conducting.values())
    if arguments["interface"] not in (None, "voxel"):
        each = 1200 if len(kinds) > 1 else 60 + 85 * share
    elif plain and arguments["sides"] != "periodic" and max(grid.voxel_size) < 1.58 * min(grid.voxel_size):
        each = 38 * share
    else:
        each = 290 * share
    if arguments["tensor"] or arguments["discretisation"]:
        each = max(each, 350 * share + 20)
    each += {"taufactor": 90, "fipy": 2000}.get(arguments["solver"], 0)
    each += 85 if arguments["keep_fields"] or arguments["flux"] else 0
    here = share_of_node() if arguments["backend"] == "mpi" else 1.0
    return here * (each + VOLUME_BYTES) / arguments["coarsen"] ** 3 + (4 if arguments["coarsen"] > 1 else 0)


def transport_remarks(interface, conducting, solver):
    """Return what a reader must know of how several conductors were solved for: sentences, or none.

    Bodies that nearly touch do touch in labels: spheres of ten times the conductivity, f = .45 to touching.
    """
    if len({str(value) for value in conducting.values() if value}) < 2:
        return []
    if solver == "taufactor":
        said = (
            "TauFactor holds the potential of several conductors in the middle of a further layer in front of"
            " each end face, not on the faces, which --tolerance does not bound: layers at the ends weigh one"
            " and a half times (1 % of tau at 40 voxels of mixed phases, 39 % where those at the ends"
            " conduct a hundredth). --solver multigrid has it on the faces."
        )
    elif interface == "smooth":
        said = (
            "Where bodies of the better conductor come within a voxel or two of each other, labels close the"
            " gap: smooth and whole voxels are both too high there (spheres 10:1 by 4 to 11 %), and how far"
            " they are apart does not show it. Give shares (--interface grey), or finer voxels."
        )
    else:
        return []
    return [said]
