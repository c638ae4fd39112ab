"""The usual steps from grey values to labels, by what each is to do: short for a recipe."""

from dataclasses import dataclass
from typing import Annotated

from ..base.arguments import Argument, one_of, read_fields, switch
from ..base.axes import AXES, axis_number
from ..base.errors import InputError
from ..base.lengths import check_voxel_size
from ..base.pairs import voxel_box
from ..base.schema import number, say, text, whole
from .arguments import voxel_size_nm


def _axis(given, path):
    return AXES[axis_number(given, path)]


def _grey_values(given, path):
    parts = given.split(",") if isinstance(given, str) else given
    if not hasattr(parts, "__len__"):
        raise InputError(f"{path}: expected grey values like 48,130, got {say(given)}; write a list.")
    return tuple(number()(part, path) for part in parts)


def _box(help, metavar):
    return Annotated["dict[str, tuple[int, int]] | str | None", Argument(help, voxel_box, metavar)]


def _axis_of(help):
    return Annotated["str | int | None", Argument(help, _axis, "x|y|z")]


NewVoxel = Annotated[
    "float | str | tuple | None",
    Argument(
        "Resample to voxels of this edge, nm (or x,y,z).",
        check_voxel_size,
        "H",
        "--to-voxel-nm",
        voxel_size_nm,
    ),
]
Amount = Annotated[
    float | None, Argument("Sharpen in the slices, by this amount (0.75, say).", number(0, 10), "A")
]
GreyValues = Annotated[
    "tuple | None", Argument("Grey values between the phases; else measured.", _grey_values, "G,...")
]
Painted = Annotated[
    str | None,
    Argument("Painted labels for the classifier: 0 none, k the k-th phase; axes as GREY.", text, "VOLUME"),
]
CrackName = Annotated[
    str | None, Argument("Look for cracks in the brightest phase; their name.", text, "NAME")
]


@dataclass(frozen=True)
class Route:
    """The steps from grey values to labels, in the order in which they run; see segment.steps for each.

    slicing_axis    axis across the images, as taken
    crop, crop_after   voxels to keep, {"x": (0, 96)}: at first, and once the drift is taken back
    curtains_along  axis along which curtains run that are taken off
    rings           take off rings around the slicing axis
    normalise       axis along which the brightness of the layers is evened out
    align, align_region   take back the drift of the slices, and the voxels it is looked for in
    to_voxel        resample to voxels of this edge (m, or "100 nm")
    denoise         "none", "median" or "nlm"; unsharp: amount of sharpening
    method          "otsu", "li" or "classifier"; thresholds: grey values between the phases; painted: volume
                    of painted labels
    pore_back, pore_back_method   return walls seen through pores to pore, "fading" or "mixture"
    watershed       give voxels of blurred edges to the phases on their sides
    cracks, crack_width   name of the cracks to look for in the brightest phase; half of the widest, voxels
    """

    slicing_axis: _axis_of("Axis across the images, as taken.") = "z"
    crop: _box("Voxels to keep along each axis, the end not included.", "x=0:96,...") = None
    curtains_along: _axis_of("Take off curtains that run along this axis.") = None
    rings: Annotated[bool, switch("Take off rings around the slicing axis (tomography).")] = False
    normalise: _axis_of("Even out the brightness of the layers along this axis.") = None
    align: Annotated[bool, switch("Take back the drift of the slices.")] = False
    align_region: _box("Voxels looked at for the drift, say a fiducial mark.", "y=0:32,...") = None
    crop_after: _box(
        "Voxels to keep once the drift is taken back: leaves a fiducial mark out.", "y=32:512,..."
    ) = None
    to_voxel: NewVoxel = None
    denoise: Annotated[str, one_of("Take off noise (in the slices).", "none", "median", "nlm")] = "none"
    unsharp: Amount = None
    method: Annotated[str, one_of("How voxels are labelled.", "otsu", "li", "classifier")] = "otsu"
    thresholds: GreyValues = None
    painted: Painted = None
    pore_back: Annotated[bool, switch("Return walls seen through pores to pore (FIB-SEM).")] = False
    pore_back_method: Annotated[str, one_of("How such walls are found.", "fading", "mixture")] = "fading"
    watershed: Annotated[
        bool, switch("Give voxels of blurred edges to their sides; for three phases and more.")
    ] = False
    cracks: CrackName = None
    crack_width: Annotated[int, Argument("Half of the widest crack, voxels.", whole(1, 50), "N")] = 4

    def __post_init__(self):
        read_fields(self)
        if self.align_region is not None and not self.align:
            raise InputError("--align-region: expected --align beside it, got it alone; add --align.")
        if (self.painted is not None) != (self.method == "classifier"):
            raise InputError(
                "--painted: expected together with --method classifier, got one alone; give both or neither."
            )
        if self.thresholds is not None and self.method == "classifier":
            raise InputError(
                "--thresholds: expected with --method otsu or li, got classifier; leave one out."
            )

    def steps(self, file_axes=None):
        """List the steps that are asked for, (name, settings) as a recipe has them; file_axes: of painted."""
        axis = {"axis": self.slicing_axis}
        size = self.to_voxel and [float(f"{1e9 * edge:.12g}") for edge in self.to_voxel]
        region = {"region": _listed(self.align_region)} if self.align_region else {}
        steps = [
            ("crop", _listed(self.crop)),
            ("curtains", self.curtains_along and {**axis, "along": self.curtains_along}),
            ("rings", axis if self.rings else None),
            ("normalise", self.normalise and {"axis": self.normalise}),
            ("align", {**axis, **region} if self.align else None),
            ("crop", _listed(self.crop_after)),
            ("resample", size and {"voxel_size_nm": size}),
            (self.denoise, None if self.denoise == "none" else axis),
            ("unsharp", self.unsharp and {"amount": self.unsharp, **axis}),
            *self._labelling(axis, file_axes),
            ("watershed", axis if self.watershed else None),
            ("cracks", {"width": self.crack_width} if self.cracks else None),
        ]
        return [(name, settings) for name, settings in steps if settings is not None]

    def _labelling(self, axis, file_axes):
        plain = self.method == "otsu" and not self.pore_back
        if self.thresholds or self.method == "li" or plain:
            values = {"values": list(self.thresholds)} if self.thresholds else {}
            yield "thresholds", {"method": self.method, **values}
        if self.pore_back:
            yield "pore_back", {**axis, "method": self.pore_back_method}
        if self.method == "classifier":
            yield "classifier", {"painted": self.painted, "file_axes": file_axes or "xyz"}

    def recipe(self, phases, file_axes=None):
        """Make the recipe for phases named from dark to bright."""
        from ..base.schema import section
        from ..segment.recipe import Recipe

        steps = [{name: settings} for name, settings in self.steps(file_axes)]
        crack = {"crack": self.cracks} if self.cracks else {}
        return section(Recipe, {"phases": list(phases), "steps": steps, **crack}, "")


def _listed(box):
    return box and {axis: list(ends) for axis, ends in box.items()}
