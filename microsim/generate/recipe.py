"""The recipe of a synthetic electrode: what it is made of, read from YAML."""

from dataclasses import dataclass

import numpy as np

from ..base.errors import InputError
from ..base.files import write_text
from ..base.gallery import located
from ..base.schema import entry, listed, number, read_yaml, say, section, shown, whole
from .binder import BinderShape
from .calendering import Calendering
from .contact_loss import ContactLoss
from .cracks import CrackDamage
from .delamination import Delamination
from .layers import LENGTH, Gradient, read_layers, zones_of
from .pores import PoreArrays

# of the packing, what is taken where a recipe does not say
PACKING = {
    "active_fraction": 0.58,
    "cbd_fraction": 0.09,
    "median_diameter": 6e-6,
    "diameter_spread": 0.3,
    "smallest_diameter": 3e-6,
    "largest_diameter": 9e-6,
    "deformation": 0.05,
}
FULLEST = 0.63  # volume fraction beyond which spheres do not pack at random
NEEDS_PARTICLES = ("layers", "gradient", "calendering", "binder", "cracks", "contact_loss")


def _voxel_counts(raw, path):
    """Read [x, y, z], or [y, z] beside a thickness, each from 8 to 2000 voxels."""
    if not isinstance(raw, (list, tuple)) or len(raw) not in (2, 3):
        raise InputError(
            f"{path}: expected three numbers of voxels [x, y, z], got {say(raw)}; give all three."
        )
    return tuple(whole(8, 2000)(part, f"{path}.{i}") for i, part in enumerate(raw))


def _part(cls):
    """Make a reader of a section, or of one that is read already."""
    return lambda raw, path: raw if isinstance(raw, cls) else section(cls, raw, path)


@dataclass(frozen=True, kw_only=True)
class ElectrodeRecipe:
    """What a synthetic electrode is made of; together with the seed it fixes every voxel.

    shape              voxels along x, y, z; [y, z] beside a thickness
    thickness          along x, m, in place of the voxels along x
    voxel_size         edge, m
    active_fraction    volume fraction of active material, with the cracks in it
    cbd_fraction       volume fraction of carbon-binder domain; the rest is pore
    median_diameter    of the particles, lognormal by number, m
    diameter_spread    standard deviation of ln(diameter)
    smallest_diameter, largest_diameter   where the distribution is cut off, m
    deformation        root mean square deviation of a particle's radius from a sphere's, relative
    layers             layers with particles and fractions of their own, from the separator on; or
    gradient           a porosity that changes steadily over the depth
    calendering        squeezes all this along x; shape and fractions are those before
    binder             how the binder lies between the particles; default: bridges
    pores              channels along x
    delamination       a gap across the electrode
    cracks             in the particles
    contact_loss       binder that has come off the particles
    seed               of the random numbers

    The packing is None where the walls between channels are solid.
    """

    shape: tuple[int, ...] = entry(_voxel_counts, default=(64, 48, 48))
    thickness: float | None = entry(number(1e-8, 1e-2), default=None, units=LENGTH)
    voxel_size: float = entry(number(1e-9, 1e-4), default=0.4e-6, units={"nm": 1e9, "um": 1e6})
    active_fraction: float | None = entry(number(0.05, FULLEST), default=None)
    cbd_fraction: float | None = entry(number(0, 0.3), default=None)
    median_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    diameter_spread: float | None = entry(number(0, 1), default=None)
    smallest_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    largest_diameter: float | None = entry(number(1e-9, 1e-3), default=None, units=LENGTH)
    deformation: float | None = entry(number(0, 0.1), default=None)
    layers: tuple | None = entry(read_layers, default=None)
    gradient: Gradient | None = entry(_part(Gradient), default=None)
    calendering: Calendering | None = entry(_part(Calendering), default=None)
    binder: BinderShape | None = entry(_part(BinderShape), default=None)
    pores: PoreArrays | None = entry(_part(PoreArrays), default=None)
    delamination: Delamination | None = entry(_part(Delamination), default=None)
    cracks: CrackDamage | None = entry(_part(CrackDamage), default=None)
    contact_loss: ContactLoss | None = entry(_part(ContactLoss), default=None)
    seed: int = entry(whole(0), default=1)

    def __post_init__(self):
        object.__setattr__(self, "shape", self._voxels())
        if self.solid_walls:
            self._check_solid_walls()
            return
        for name, value in PACKING.items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        if self.layers and self.gradient:
            raise InputError("expected either layers or a gradient, got both; remove one of the two.")
        for zone in zones_of(self):
            self._check_sizes(*zone.sizes)
            self._check_layer(zone)
            self._check_room(zone)

    @property
    def box(self):
        """Edges of the box, m."""
        return np.array(self.shape) * self.voxel_size

    @property
    def solid_walls(self):
        """Whether active material alone stands between channels."""
        return self.pores is not None and self.pores.walls == "solid"

    @property
    def open_share(self):
        """Share of the volume that channels and a gap take."""
        channels = self.pores.mean_share if self.pores else 0.0
        gap = self.delamination
        return channels + (gap.share * gap.height / self.box[0] if gap else 0.0)

    def _voxels(self):
        """Voxels along x, y, z, those along x from the thickness where it is given."""
        if self.thickness is None:
            if len(self.shape) == 2:
                raise InputError(
                    f"shape: expected three numbers of voxels [x, y, z], got {list(self.shape)}; give all "
                    "three, or a thickness_um beside [y, z]."
                )
            return self.shape
        layers = whole(8, 2000)(round(self.thickness / self.voxel_size), "thickness in voxels")
        if len(self.shape) == 3 and self.shape[0] != layers:
            raise InputError(
                f"thickness: expected {self.shape[0]} voxels along x as shape says, got {layers}; write shape"
                f" as [{self.shape[1]}, {self.shape[2]}], or leave the thickness out."
            )
        return (layers, *self.shape[-2:])

    def _check_solid_walls(self):
        given = [name for name in (*PACKING, *NEEDS_PARTICLES) if getattr(self, name) is not None]
        if given:
            raise InputError(
                f"pores.walls: expected packed walls beside {listed(given)}, got solid ones, which have no "
                "particles, binder or pores; leave them out, or write walls: packed."
            )

    def _check_sizes(self, median, _, small, large):
        small, median, large = (1e6 * d for d in (small, median, large))
        if not small <= median <= large:
            raise InputError(
                "expected smallest_diameter, median_diameter, largest_diameter in rising order, got "
                f"{small:g}, {median:g}, {large:g} um; correct them."
            )
        side = 1e6 * self.voxel_size * min(self.shape)
        if 2 * large > side * (1 + 1e-9):
            raise InputError(
                f"expected a largest_diameter of at most half the shortest side of the box, {side / 2:g} "
                f"um, got {large:g} um; enlarge the box or lower the diameter."
            )
        if small < 4e6 * self.voxel_size * (1 - 1e-9):
            raise InputError(
                f"expected a smallest_diameter of at least 4 voxels, {4e6 * self.voxel_size:g} um, got "
                f"{small:g} um; use finer voxels or raise the diameter."
            )

    def _check_layer(self, zone):
        thickness, largest = ((zone.end - zone.start) * self.box[0], zone.sizes[-1])
        if largest > thickness * (1 + 1e-9):
            raise InputError(
                f"layers: expected each at least as thick as its largest particle, {1e6 * largest:g} um, got "
                f"{1e6 * thickness:.3g} um; raise its share or lower its largest_diameter."
            )

    def _check_room(self, zone):
        room = 1 - self.open_share
        if zone.active > FULLEST * room:
            raise InputError(
                f"expected an active_fraction of at most {FULLEST * room:.3f} beside channels and gaps, "
                f"which take {self.open_share:.3f} of the volume, got {zone.active:g}; lower it or them."
            )
        strain = self.calendering.strain if self.calendering else 0.0
        solid = (zone.active + zone.binder) / (1 - strain) / room
        rise = abs(self.gradient.porosity_rise) / 2 if self.gradient else 0.0
        if solid + rise > 0.97:
            raise InputError(
                f"expected 3 % pores at least everywhere, got {100 * (1 - solid - rise):.1f} %; lower the "
                "fractions, the calendering strain or the gradient."
            )


def load_electrode_recipe(path):
    """Read a recipe from a YAML file; keys as ElectrodeRecipe's fields, lengths with a unit (_um, _nm)."""
    return section(ElectrodeRecipe, read_yaml(located(path)) or {}, "")


def save_electrode_recipe(path, recipe):
    """Write a recipe as YAML, every value written out."""
    return write_text(path, "".join(f"{key}: {value}\n" for key, value in shown(recipe).items()))
