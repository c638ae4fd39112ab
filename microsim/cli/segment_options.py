"""Options of `microsim segment` that name its steps."""

from dataclasses import dataclass
from enum import StrEnum

from ..base.errors import InputError
from ..base.schema import voxel_ranges
from .option_lists import choice_option, flag_option, text_option
from .options import CropOption, name_values, numbers


class Denoise(StrEnum):
    """How noise is taken off."""

    NONE, MEDIAN, NLM = "none", "median", "nlm"


class Method(StrEnum):
    """How voxels are labelled."""

    OTSU, LI, CLASSIFIER = "otsu", "li", "classifier"


class PoreBackMethod(StrEnum):
    """How the light of walls behind pores is told from solid."""

    FADING, MIXTURE = "fading", "mixture"


class AxisName(StrEnum):
    """An axis."""

    X, Y, Z = "x", "y", "z"


@dataclass(frozen=True)
class StepOptions:
    """The steps from grey values to labels, in the words of the command line and in their order."""

    slicing_axis: choice_option(AxisName, "--slicing-axis", "Axis across the images, as taken.") = AxisName.Z
    crop: CropOption = None
    curtains_along: choice_option(
        AxisName | None, "--curtains-along", "Take off curtains that run along this axis."
    ) = None
    rings: flag_option("--rings", "Take off rings around the slicing axis (tomography).") = False
    normalise: choice_option(
        AxisName | None, "--normalise", "Even out the brightness of the layers along this axis."
    ) = None
    align: flag_option("--align", "Take back the drift of the slices.") = False
    align_region: text_option(
        "--align-region", "y=0:32,...", "Voxels looked at for the drift, say a fiducial mark."
    ) = None
    crop_after: text_option(
        "--crop-after",
        "y=32:512,...",
        "Voxels to keep once the drift is taken back: leaves a fiducial mark out.",
    ) = None
    to_voxel_nm: text_option("--to-voxel-nm", "H", "Resample to voxels of this edge, nm (or x,y,z).") = None
    denoise: choice_option(Denoise, "--denoise", "Take off noise (in the slices).") = Denoise.NONE
    unsharp: text_option("--unsharp", "A", "Sharpen in the slices, by this amount (0.75, say).") = None
    method: choice_option(Method, "--method", "How voxels are labelled.") = Method.OTSU
    thresholds: text_option("--thresholds", "G,...", "Grey values between the phases; else measured.") = None
    painted: text_option(
        "--painted", "VOLUME", "Painted labels for the classifier: 0 none, k the k-th phase; axes as GREY."
    ) = None
    back: flag_option("--pore-back", "Return walls seen through pores to pore (FIB-SEM).") = False
    pore_back_method: choice_option(PoreBackMethod, "--pore-back-method", "How such walls are found.") = (
        PoreBackMethod.FADING
    )
    watershed: flag_option("--watershed", "Give voxels of blurred edges to the phases on their sides.") = (
        False
    )
    cracks: text_option("--cracks", "NAME", "Look for cracks in the brightest phase; their name.") = None
    crack_width: text_option("--crack-width", "N", "Half of the widest crack, voxels.") = "4"

    def steps(self, file_axes):
        """Give each step and its settings, as a recipe has them."""
        axis = {"axis": self.slicing_axis.value}
        steps = [
            ("crop", _box("--crop", self.crop)),
            ("curtains", self.curtains_along and {**axis, "along": self.curtains_along.value}),
            ("rings", axis if self.rings else None),
            ("normalise", self.normalise and {"axis": self.normalise.value}),
            ("align", self._align(axis)),
            ("crop", _box("--crop-after", self.crop_after)),
            ("resample", self.to_voxel_nm and {"voxel_size_nm": numbers(self.to_voxel_nm)}),
            (self.denoise.value, None if self.denoise is Denoise.NONE else axis),
            ("unsharp", self.unsharp and {"amount": self.unsharp, **axis}),
            *self._labelling(axis, file_axes),
            ("watershed", axis if self.watershed else None),
            ("cracks", {"width": self.crack_width} if self.cracks else None),
        ]
        return [(name, settings) for name, settings in steps if settings is not None]

    def _align(self, axis):
        if self.align_region is not None and not self.align:
            raise InputError("--align-region: expected --align beside it, got it alone; add --align.")
        if not self.align:
            return None
        return {
            **axis,
            **({"region": _box("--align-region", self.align_region)} if self.align_region else {}),
        }

    def _labelling(self, axis, file_axes):
        if (self.painted is not None) != (self.method is Method.CLASSIFIER):
            raise InputError(
                "--painted: expected together with --method classifier, got one alone; give both or neither."
            )
        if self.thresholds is not None and self.method is Method.CLASSIFIER:
            raise InputError(
                "--thresholds: expected with --method otsu or li, got classifier; leave one out."
            )
        if self.thresholds or self.method is Method.LI or not self.back and self.method is Method.OTSU:
            values = {"values": self.thresholds.split(",")} if self.thresholds else {}
            yield "thresholds", {"method": self.method.value, **values}
        if self.back:
            yield "pore_back", {**axis, "method": self.pore_back_method.value}
        if self.method is Method.CLASSIFIER:
            yield "classifier", {"painted": self.painted, "file_axes": file_axes}


def _box(option, given):
    """Read x=0:96,y=4:80 as a crop's settings."""
    if given is None:
        return None
    box = voxel_ranges(name_values(option, given, lambda ends, path: ends.split(":")), option)
    return {axis: list(ends) for axis, ends in box.items()}
