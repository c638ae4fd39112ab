"""The schema of BPX: key -> (name, reader, required); a key with no name is known and not used."""

import difflib

from ..base.errors import InputError
from ..base.schema import join, listed, number, say, whole
from .keys import share

above_zero, kelvin = number(0.0, above=True), number(200.0, 400.0)
concentration, energy = number(10.0, 1e4), number(-3e5, 3e5)  # mol m-3 of salt, J mol-1: what is plausible

ANY = (None, lambda raw, path: raw, False)
CELL = {
    "Electrode area [m2]": ("area", above_zero, True),
    "Lower voltage cut-off [V]": ("lower", number(0.0, 10.0), True),
    "Number of electrode pairs connected in parallel to make a cell": ("pairs", whole(1), True),
    "Upper voltage cut-off [V]": ("upper", number(0.0, 10.0), True),
    "Nominal cell capacity [A.h]": ("capacity", above_zero, True),
    "Reference temperature [K]": ("temperature", kelvin, False),
    "Ambient temperature [K]": ("ambient", kelvin, False),
    "Initial temperature [K]": ("initial", kelvin, False),
} | dict.fromkeys(
    (
        "External surface area [m2]",
        "Volume [m3]",
        "Density [kg.m-3]",
        "Specific heat capacity [J.K-1.kg-1]",
        "Thermal conductivity [W.m-1.K-1]",
    ),
    ANY,
)
LAW = object()  # read later, with its activation energy
ELECTROLYTE = {
    "Cation transference number": ("t_plus", share, True),
    "Conductivity [S.m-1]": ("kappa", LAW, True),
    "Diffusivity [m2.s-1]": ("D_e", LAW, True),
    "Initial concentration [mol.m-3]": ("c_e_0", concentration, False),
    "Conductivity activation energy [J.mol-1]": ("kappa_energy", energy, False),
    "Diffusivity activation energy [J.mol-1]": ("D_e_energy", energy, False),
}
CONTACT = {
    "Thickness [m]": ("thickness", number(1e-8, 1e-2), True),
    "Porosity": ("porosity", number(1e-3, 1.0), True),
    "Transport efficiency": ("transport_efficiency", number(1e-9, 1.0), True),
}
ELECTRODE = CONTACT | {
    "Conductivity [S.m-1]": ("sigma", above_zero, True),
    "Particle radius [m]": ("radius", above_zero, True),
    "Surface area per unit volume [m-1]": ("area", above_zero, True),
    "Minimum stoichiometry": ("sto_min", share, True),
    "Maximum stoichiometry": ("sto_max", share, True),
    "Maximum concentration [mol.m-3]": ("c_s_max", above_zero, True),
    "OCP [V]": ("U", LAW, True),
    "Diffusivity [m2.s-1]": ("D_s", LAW, True),
    "Reaction rate constant [mol.m-2.s-1]": ("k", above_zero, True),
    "Diffusivity activation energy [J.mol-1]": ("D_s_energy", energy, False),
    "Reaction rate constant activation energy [J.mol-1]": ("k_energy", energy, False),
    "Entropic change coefficient [V.K-1]": ("dU_dT", LAW, False),
}
UNREAD = {
    "Particle": "blended electrodes",
    "OCP (lithiation) [V]": "OCP hysteresis",
    "OCP (delithiation) [V]": "OCP hysteresis",
    "OCP hysteresis decay constant": "OCP hysteresis",
}
PARTS = ("Cell", "Electrolyte", "Negative electrode", "Positive electrode", "Separator", "User-defined")
STATE = {
    "Initial conditions": {
        "Initial state-of-charge": ("soc", share, False),
        "Initial temperature [K]": ("initial", kelvin, False),
        "Initial electrolyte concentration [mol.m-3]": ("c_e_0", concentration, False),
        "Initial hysteresis state: Positive electrode": ("hysteresis_positive", ANY[1], False),
        "Initial hysteresis state: Negative electrode": ("hysteresis_negative", ANY[1], False),
    },
    "Thermal environment": {
        "Ambient temperature [K]": ("ambient", kelvin, False),
        "Heat transfer coefficient [W.m-2.K-1]": ANY,
    },
    "Degradation": {
        "LLI": ("LLI", number(), False),
        "LAM: Positive electrode": ("LAM: Positive electrode", ANY[1], False),
        "LAM: Negative electrode": ("LAM: Negative electrode", ANY[1], False),
    },
}


def read_section(raw, path, schema):
    """Read one section by its schema: {name: value}; keys and required ones are checked."""
    if not isinstance(raw, dict):
        raise InputError(
            f"{path}: expected a section with the keys {listed(schema)}, got {say(raw)}; correct it."
        )
    values = {}
    for key, value in raw.items():
        if key in UNREAD:
            raise InputError(
                f"{join(path, key)}: expected an electrode of one active material without hysteresis, got "
                f"{UNREAD[key]}, which microsim does not model; give one material and one OCP."
            )
        if key not in schema:
            near = difflib.get_close_matches(key, schema, 1, 0.5)
            raise InputError(
                f"{join(path, key)}: expected a key of BPX, got {key}; "
                + (f"did you mean {near[0]}?" if near else f"known here: {listed(schema)}.")
            )
        name, read, _ = schema[key]
        if name and value is not None:
            values[name] = value if read is LAW else read(value, join(path, key))
    for key, (name, _, required) in schema.items():
        if required and name not in values:
            raise InputError(f"{path}: expected {key}, got none; add it.")
    return values
