"""A small BPX file as plain data; both electrodes hold the same charge, the OCV meets the cut-offs."""

import copy

F = 96485.33212
POSITIVE = {
    "Thickness [m]": 60e-6,
    "Porosity": 0.3,
    "Transport efficiency": 0.16,
    "Conductivity [S.m-1]": 0.5,
    "Particle radius [m]": 5e-6,
    "Surface area per unit volume [m-1]": 3.6e5,
    "Minimum stoichiometry": 0.4,
    "Maximum stoichiometry": 0.9,
    "Maximum concentration [mol.m-3]": 50000,
    "OCP [V]": "4.6 - x + 0.05 * tanh(-8 * (x - 0.6))",
    "Diffusivity [m2.s-1]": 1e-14,
    "Diffusivity activation energy [J.mol-1]": 20000,
    "Reaction rate constant [mol.m-2.s-1]": 2e-5,
    "Reaction rate constant activation energy [J.mol-1]": 30000,
    "Entropic change coefficient [V.K-1]": -1e-4,
}
NEGATIVE = POSITIVE | {
    "Minimum stoichiometry": 0.05,
    "Maximum stoichiometry": 0.8,
    "Maximum concentration [mol.m-3]": 50000 * 0.5 / 0.75,
    "OCP [V]": {"x": [0.0, 0.05, 0.2, 0.5, 0.8, 1.0], "y": [1.5, 0.5, 0.2, 0.12, 0.08, 0.01]},
    "Diffusivity [m2.s-1]": "3e-14 * exp(-x)",
    "Transport efficiency": 0.1,
}
CAPACITY = F * 0.6 * 60e-6 * 50000 * 0.5 * 0.01 * 2 / 3600  # A h, of 2 pairs of 0.01 m2
FILE = {
    "Header": {"BPX": "0.4.0", "Title": "An example", "Model": "DFN"},
    "Parameterisation": {
        "Cell": {
            "Electrode area [m2]": 0.01,
            "Number of electrode pairs connected in parallel to make a cell": 2,
            "Lower voltage cut-off [V]": 3.1,
            "Upper voltage cut-off [V]": 4.2,
            "Nominal cell capacity [A.h]": CAPACITY,
            "Reference temperature [K]": 300.0,
            "Ambient temperature [K]": 298.15,
        },
        "Electrolyte": {
            "Initial concentration [mol.m-3]": 1200,
            "Cation transference number": 0.3,
            "Conductivity [S.m-1]": "3.3 * (x / 1000) - 2.5 * (x / 1000) ** 1.5 + 0.13 * (x / 1000) ** 3",
            "Diffusivity [m2.s-1]": 3e-10,
            "Conductivity activation energy [J.mol-1]": 17000,
        },
        "Negative electrode": NEGATIVE,
        "Positive electrode": POSITIVE,
        "Separator": {"Thickness [m]": 2e-5, "Porosity": 0.5, "Transport efficiency": 0.35},
    },
    "Validation": {"slow": {"Time [s]": [0, 1], "Current [A]": [-1, -1], "Voltage [V]": [4.2, 4.1]}},
}


def example(**changes):
    """Return a copy of the file; changes: "Section/key" -> value, or None to remove it."""
    raw = copy.deepcopy(FILE)
    for path, value in changes.items():
        section, key = path.split("/")
        part = (
            raw["Parameterisation"][section]
            if section in raw["Parameterisation"]
            else raw.setdefault(section, {})
        )
        if value is None:
            del part[key]
        else:
            part[key] = value
    return raw
