"""What a material set is: one frozen dataclass a kind, SI units, a source on every coefficient."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from ..base.hosts import Host
from .laws import T_REF, Warmed

AT_25_C = "25 C; used unchanged at other temperatures"
ARRHENIUS = "Arrhenius factors of D_s and i0; their range is not stated"


@dataclass(frozen=True)
class ActiveMaterial:
    """Insertion material. All functions take and return arrays in SI units.

    U(sto) open-circuit potential (V vs Li/Li+); dU(sto) its slope (V); D_s(sto, T) (m2 s-1);
    i0(c_e, sto, T) exchange current density (A m-2); sto_window: the range in which U is a fit to data;
    sto_0 and sto_100: lithiation at state of charge 0 and 1 of the cell; molar_mass: of the formula unit with
    one lithium (kg mol-1), or None where nobody says it; temperature: how the coefficients follow it; note:
    what limits the set; dU_dT(sto): entropic coefficient (V K-1), a potential like U, or None; U_temperature:
    of U (K), see `at_temperature`.
    """

    name: str
    U: Callable
    dU: Callable
    D_s: Callable
    i0: Callable
    c_s_max: float
    sigma: float
    density: float
    molar_mass: float | None
    sto_window: tuple
    sto_0: float
    sto_100: float
    alpha_a: float = 0.5
    alpha_c: float = 0.5
    sources: dict = field(default_factory=dict, repr=False)
    kind: str = "active"
    temperature: str = AT_25_C
    note: str = ""
    dU_dT: Callable | None = None
    U_temperature: float = T_REF

    @property
    def host(self):
        """How much lithium it holds, as a Host."""
        return Host(
            self.name, self.c_s_max, self.density, self.molar_mass, float(self.sto_0), float(self.sto_100)
        )


@dataclass(frozen=True)
class Electrolyte:
    """Binary electrolyte: kappa(c_e, T) (S m-1), D_e(c_e, T) (m2 s-1), thermodynamic factor tdf, transference
    number t_plus.

    tdf and t_plus are numbers or functions of (c_e, T). t_plus = 1: a single-ion conductor, whose c_e stays
    as it is. c_e_window (mol m-3): where the coefficients hold; temperature: how they follow it; note: what
    limits the set.
    """

    name: str
    kappa: Callable
    D_e: Callable
    tdf: float | Callable
    t_plus: float | Callable
    c_e_0: float
    c_e_window: tuple
    sources: dict = field(default_factory=dict, repr=False)
    kind: str = "electrolyte"
    temperature: str = AT_25_C
    note: str = ""

    def value(self, name, c_e, T):
        """Return t_plus or tdf at c_e, whether it is a number or a function."""
        given = getattr(self, name)
        return given(c_e, T) if callable(given) else np.broadcast_to(float(given), np.shape(c_e))


@dataclass(frozen=True)
class Conductor:
    """Microporous conductive additive and binder (CBD): sigma (S m-1), porosity, bruggeman exponent.

    reactive_share: share of its contact with active material where electrolyte in its pores reacts.
    """

    name: str
    sigma: float
    porosity: float
    bruggeman: float
    reactive_share: float
    sources: dict = field(default_factory=dict, repr=False)
    kind: str = "conductor"


@dataclass(frozen=True)
class PorousElectrode:
    """Homogenised porous electrode (Newman): spheres of an active material in electrolyte and a conducting
    matrix.

    porosity, transport_efficiency (eps / tau): of the electrolyte in it; active_fraction: volume fraction of
    active material; radius of its spheres (m); sigma: effective electronic conductivity (S m-1).
    """

    name: str
    active: ActiveMaterial
    porosity: float
    transport_efficiency: float
    active_fraction: float
    radius: float
    sigma: float
    sources: dict = field(default_factory=dict, repr=False)
    kind: str = "porous"


@dataclass(frozen=True)
class LithiumMetal:
    """Lithium counter electrode: exchange current density i0(c_e, T) (A m-2), symmetric Butler-Volmer."""

    name: str
    i0: Callable
    sources: dict = field(default_factory=dict, repr=False)
    kind: str = "metal"


@dataclass(frozen=True)
class Filling:
    """What a phase without a material set of its own holds: electrolyte (kind flooded) or nothing (kind
    dry)."""

    name: str
    kind: str
    sources: dict = field(default_factory=dict, repr=False)


def at_temperature(material, T):
    """Return a set whose potential is that at T (K): U(sto) + (T - U_temperature) dU/dT(sto)."""
    if material.kind == "porous":
        active = at_temperature(material.active, T)
        return material if active is material.active else replace(material, active=active)
    if material.kind != "active" or material.dU_dT is None or T == material.U_temperature:
        return material
    U = Warmed(material.U, material.dU_dT, T - material.U_temperature)
    return replace(material, U=U, dU=U.slope, U_temperature=T)


def with_porosity(electrode, porosity):
    """Return a porous electrode pressed to another porosity, of the same solids.

    The share of active material in the solids stays, D_eff / D is porosity^b with the set's own Bruggeman
    exponent b, and sigma goes as (1 - porosity)^1.5.
    """
    solid = (1 - porosity) / (1 - electrode.porosity)
    b = np.log(electrode.transport_efficiency) / np.log(electrode.porosity)
    return replace(
        electrode,
        porosity=porosity,
        transport_efficiency=float(porosity**b),
        active_fraction=solid * electrode.active_fraction,
        sigma=solid**1.5 * electrode.sigma,
    )


KINDS = (ActiveMaterial, Electrolyte, Conductor, PorousElectrode, LithiumMetal)
FILLINGS = {kind: Filling(kind, kind) for kind in ("flooded", "dry")}
