"""What a quantity is called and how it is shown: name in files, words, symbol, units, colours.

    FIELDS["phi_e"].axis         "$\\phi_e$ (mV)", at an axis or a colour bar
    FIELDS["phi_e"].factor       1e3: volts in files, millivolts for people
    quantity("flux_x_y").label   "Flux": a component, or a name that nobody knows, is a quantity too

All of it is said here once. A field that a run stores is one entry of FIELDS; what the case offers, the units
in fields.h5, figures, films and the report's sections follow from it.
"""

import re
from dataclasses import dataclass

MOST_NOISE = 1.0  # of lithiation: a value of more noise is none, and would be all of the mean noise
LEAST_NOISE = 1e-8  # of any map: what states less is not measured, and would outweigh all other voxels
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    name      in files and JSON
    label     for people: a panel's title, the first column of a table
    symbol    mathtext, "" for none
    unit      SI, as files state it: "mol m-3", "V"; "1" or "" for none
    shown     the unit that people read, where it is another: "mV"; and factor, from SI to it: 1e3
    meaning   the label in more words, for captions
    colours   name of a colour map, or the colour of a line or an area
    diverging whether zero is the middle of the colours
    """

    name: str
    label: str
    symbol: str = ""
    unit: str = "1"
    shown: str = ""
    factor: float = 1.0
    meaning: str = ""
    colours: str = "viridis"
    diverging: bool = False

    @property
    def shown_unit(self):
        """The unit that people read, "" for none: mol m⁻³."""
        return self.shown or spelled_unit(self.unit)

    @property
    def words(self):
        """What it is, for the middle of a sentence."""
        return self.meaning or self.label[:1].lower() + self.label[1:]

    @property
    def axis(self):
        """Symbol, or label where there is none, with the unit: of an axis or a colour bar."""
        return with_unit(self.symbol or self.label, self.shown_unit)

    def minus(self, other):
        """As `axis`, of a difference from something."""
        return with_unit(f"{self.symbol or self.label} − {other}", self.shown_unit)

    @property
    def title(self):
        """Label, symbol and unit."""
        return with_unit(f"{self.label}, {self.symbol}" if self.symbol else self.label, self.shown_unit)


def spelled_unit(unit):
    """Spell an SI unit for people: "mol m-3" is mol m⁻³, and "1" nothing."""
    if unit == "1":
        return ""
    return re.sub(r"(?<=[a-zA-Z])-?\d+", lambda power: power[0].translate(SUPERSCRIPTS), unit)


def with_unit(words, unit):
    """Put a unit behind words, where there is one."""
    return f"{words} ({unit})" if unit else words


def _named(*quantities):
    return {one.name: one for one in quantities}


# -- fields --------------------------------------------------------------------------------------------------

# what a run stores on the voxels, in the order of the report
FIELDS = _named(
    Quantity(
        "sto",
        "Degree of lithiation",
        r"$c_s/c_{s,\mathrm{max}}$",
        meaning="degree of lithiation of the active material",
    ),
    Quantity(
        "lithium", "Lithium per formula unit", meaning="lithium per formula unit of the active material"
    ),
    Quantity(
        "c_e",
        "Electrolyte concentration",
        "$c_e$",
        "mol m-3",
        meaning="lithium concentration in the electrolyte",
        colours="cividis",
    ),
    Quantity("phi_e", "Electrolyte potential", r"$\phi_e$", "V", "mV", 1e3, colours="cividis"),
    Quantity(
        "phi_s",
        "Solid potential, from its collector end",
        r"$\phi_s-\phi_s(L)$",
        "V",
        "mV",
        1e3,
        meaning="solid potential relative to its layer at the current collector",
        colours="cividis",
    ),
    Quantity(
        "j",
        "Interface current density",
        "$j$",
        "A m-2",
        meaning="current density across the interface, positive where lithium leaves the solid",
        colours="cividis",
    ),
)
# other fields on voxels: of volumes, and of measured maps
MAPS = _named(
    Quantity("soc", "State of charge"),
    Quantity("lithiation", "Lithiation x"),
    Quantity("edge_energy", "Edge energy", unit="eV"),
    Quantity("ratio", "Ratio m"),
    Quantity("s_parameter", "S-parameter"),
    Quantity("sigma", "Standard deviation", colours="magma"),
    Quantity("misfit", "Misfit / spectrum", colours="cividis"),
    Quantity("jump", "Edge jump", colours="cividis"),
    Quantity("difference", "Simulated − measured", colours="RdBu_r", diverging=True),
    Quantity("difference_in_sigma", "(Simulated − measured) / noise", colours="RdBu_r", diverging=True),
    Quantity("potential", "Potential / drop over the volume", colours="cividis"),
    Quantity("flux", "Flux / conductivity and gradient of the drop", "$J$", colours="magma"),
    Quantity("v", "Velocity × viscosity / gradient of the pressure", "$v$", "m2", colours="magma"),
    Quantity("arrival", "Arrival of the liquid", unit="s"),
)


def quantity(name):
    """Return a quantity of the fields by name, without the axes of a component; an unknown name is its own
    label."""
    for known in (name, re.sub("(_[xyz])+$", "", name)):
        for quantities in (FIELDS, MAPS):
            if known in quantities:
                return quantities[known]
    return Quantity(name, name)


# -- numbers -------------------------------------------------------------------------------------------------


def _part(name, label, colour, meaning):
    return Quantity(name, label, "", "V", "mV", 1e3, meaning, colour)


# parts of what stands between open circuit and terminals; the colour is that of an area
VOLTAGE_PARTS = _named(
    _part("kinetic", "Kinetic", "#1f5fa8", "reaction of the electrode"),
    _part("film", "Film", "#e69f00", "film on the faces"),
    _part("electrolyte_ohmic", "Electrolyte, ohmic", "#8cc4ea", "resistance of the electrolyte"),
    _part(
        "electrolyte_concentration",
        "Electrolyte, salt",
        "#009e73",
        "salt at the electrode against that of the start",
    ),
    _part(
        "solid_diffusion",
        "Solid diffusion",
        "#d55e00",
        "lithiation at the faces against the mean of their particle",
    ),
    _part("particle_spread", "Uneven particles", "#cc79a7", "particles against the mean of the electrode"),
    _part("electronic", "Electronic", "#4b5563", "resistance of the solids, contacts included"),
    _part("counter_kinetic", "Counter, kinetic", "#b8860b", "reaction of the counter electrode"),
    _part(
        "counter_concentration",
        "Counter, salt",
        "#9bcf9a",
        "salt at the counter electrode against that of the start",
    ),
    _part(
        "counter_solid_diffusion",
        "Counter, solid diffusion",
        "#f2b48c",
        "counter slab: lithiation at the faces against the mean of the electrode",
    ),
    _part("counter_electronic", "Counter, electronic", "#a3a3a3", "counter slab: resistance of the solids"),
)

# what is measured on the particles of one state, or of two
PARTICLE_FIGURES = _named(
    Quantity("crack_share", "Cracks / particle volume", shown="%", factor=100),
    Quantity("contact_share", "Contact with binder / particle surface", shown="%", factor=100),
    Quantity("mean_diameter_m", "Mean diameter", unit="m", shown="µm", factor=1e6),
    Quantity("mean_sphericity", "Mean sphericity"),
    Quantity("mean_sphericity_error", "Sphericity of smooth particles is good to"),
    Quantity("closed_surface_share", "Surface around closed voids / particle surface", shown="%", factor=100),
    Quantity("mean_neighbours", "Neighbours of a particle"),
    Quantity("fragments_per_particle", "Fragments of a particle"),
    Quantity("binder_share_of_largest", "Share of the largest binder cluster", shown="%", factor=100),
    Quantity("delaminated_cross_section", "Cross-section of delaminated layers", shown="%", factor=100),
)

# coefficients of a material set
COEFFICIENTS = _named(
    Quantity("U", "Open-circuit potential", unit="V", shown="V vs Li"),
    Quantity("slope", "−dU/dsto", unit="V"),
    Quantity("D_s", "Lithium diffusivity", unit="m2 s-1"),
    Quantity("i0", "Exchange current density", unit="A m-2"),
    Quantity("c_s_max", "Largest lithium concentration", unit="mol m-3"),
    Quantity("sigma", "Electronic conductivity", unit="S m-1"),
    Quantity("density", "Density", unit="kg m-3"),
    Quantity("kappa", "Conductivity", unit="S m-1"),
    Quantity("D_e", "Salt diffusivity", unit="m2 s-1"),
    Quantity("t_plus", "Transference number", unit=""),
    Quantity("tdf", "Thermodynamic factor", unit=""),
    Quantity("radius", "Particle radius", unit="m"),
    Quantity("porosity", "Porosity", unit=""),
    Quantity("transport_efficiency", "Transport efficiency", unit=""),
    Quantity("active_fraction", "Active fraction", unit=""),
    Quantity("reactive_share", "Reactive share of the faces", unit=""),
    Quantity("bruggeman", "Bruggeman exponent", unit=""),
)

# what a command on a volume was asked for, in the order of its page
OPTIONS = _named(
    Quantity("conducting", "Conducting phases, relative to the medium"),
    Quantity("through", "Phases"),
    Quantity("axis", "Along"),
    Quantity("solver", "Solver"),
    Quantity("sides", "Sides"),
    Quantity("ends", "Ends"),
    Quantity("walls", "Walls"),
    Quantity("throat_voxels", "Width up to which a step holds like a flat wall", unit="voxels"),
    Quantity("storage", "Porosity of conducting phases"),
    Quantity("reactive", "Phases whose surface charges"),
    Quantity("area_correction", "Interface area corrected for voxel steps"),
    Quantity("diffusivity_m2_s", "Diffusivity of the electrolyte", unit="m2 s-1"),
    Quantity("conductivity_S_m", "Conductivity of the electrolyte", unit="S m-1"),
    Quantity("capacitance_F_m2", "Capacitance of the walls", unit="F m-2"),
    Quantity("contact_angle_deg", "Contact angle", unit="°"),
    Quantity("surface_tension_N_m", "Surface tension", unit="N m-1"),
    Quantity("viscosity_Pa_s", "Viscosity", unit="Pa s"),
    Quantity("pressure", "Pressure of the liquid over the gas", unit="Pa"),
    Quantity("vents", "Gas leaves at"),
    Quantity("gas", "Gas that is cut off"),
    Quantity("change", "Pressure solved anew after a change of the inflow by"),
    Quantity("tolerance", "Tolerance"),
)

# every formula among the symbols
SYMBOLS = frozenset(
    one.symbol
    for table in (FIELDS, MAPS, VOLTAGE_PARTS, PARTICLE_FIGURES, COEFFICIENTS, OPTIONS)
    for one in table.values()
    if "$" in one.symbol
)

# other keys of results whose words are not those of the key
WORDS = {
    "tau": "Tortuosity factor τ",
    "eps": "Volume fraction ε",
    "eps_percolating": "Percolating ε",
    "D_eff_over_D0": "Effective / bulk",
    "wall_s": "Wall time",
    "cpu_s": "CPU time",
    "peak_memory_bytes": "Peak memory",
    "newton_iterations": "Newton iterations",
    "sha256": "SHA-256",
}

# ending of a key -> (factor, unit) in which a reader wants its value; those of m and s follow its size
ENDINGS = {
    "_mAh_g": (1, "mAh g⁻¹"),
    "_mA_g": (1, "mA g⁻¹"),
    "_mAh_cm2": (1, "mAh cm⁻²"),
    "_mWh_cm2": (1, "mWh cm⁻²"),
    "_Wh_kg": (1, "Wh kg⁻¹"),
    "_Wh_L": (1, "Wh L⁻¹"),
    "_A_h": (1, "A h"),
    "_C_kg": (1, "C kg⁻¹"),
    "_C_m2": (1, "C m⁻²"),
    "_A_kg": (1, "A kg⁻¹"),
    "_A_m-2": (1, "A m⁻²"),
    "_A_m2": (1, "A m⁻²"),
    "_W_m2": (1, "W m⁻²"),
    "_W_m_K": (1, "W m⁻¹ K⁻¹"),
    "_F_m2": (1, "F m⁻²"),
    "_ohm_m2": (1, "Ω m²"),
    "_ohm_cm2": (1, "Ω cm²"),
    "_S_m-1": (1, "S m⁻¹"),
    "_S_m": (1, "S m⁻¹"),
    "_mol_m-3": (1, "mol m⁻³"),
    "_mol_m3": (1, "mol m⁻³"),
    "_kg_m3": (1, "kg m⁻³"),
    "_kg_m2": (1, "kg m⁻²"),
    "_kg_mol": (1, "kg mol⁻¹"),
    "_g_mol": (1, "g mol⁻¹"),
    "_m2_s-1": (1, "m² s⁻¹"),
    "_m2_s": (1, "m² s⁻¹"),
    "_N_m": (1, "N m⁻¹"),
    "_Pa_s": (1, "Pa s"),
    "_J_kg_K": (1, "J kg⁻¹ K⁻¹"),
    "_nm_per_sqrt_h": (1, "nm h⁻½"),
    "_m_s-1/2": (6e10, "nm h⁻½"),
    "_m-1": (1e-6, "µm⁻¹"),
    "_m2": (1e12, "µm²"),
    "_m3": (1e18, "µm³"),
    "_cm2": (1, "cm²"),
    "_mm2": (1, "mm²"),
    "_mm": (1, "mm"),
    "_um": (1, "µm"),
    "_nm": (1, "nm"),
    "_percent": (1, "%"),
    "_deg": (1, "°"),
    "_mAh": (1, "mAh"),
    "_Ah": (1, "Ah"),
    "_ohm": (1, "Ω"),
    "_keV": (1, "keV"),
    "_eV": (1, "eV"),
    "_mV": (1, "mV"),
    "_V": (1, "V"),
    "_A": (1, "A"),
    "_C": (1, "C"),
    "_J": (1, "J"),
    "_W": (1, "W"),
    "_F": (1, "F"),
    "_K": (1, "K"),
    "_Pa": (1, "Pa"),
    "_Hz": (1, "Hz"),
    "_GB": (1, "GB"),
    "_h": (1, "h"),
    "_mg": (1, "mg"),
    "_g": (1, "g"),
    "_kg": (1e12, "ng"),
}
# before a unit of one word these make another one of it: of W_m2 m2 alone is none
FACTORS = {*"ACFJKNSVWgh", "Pa", "Wh", "Ah", "mA", "mAh", "mWh", "mV", "eV", "kg", "mg", "mol", "ohm", "per"}


def ending_of(key):
    """Return what a key ends on that says its unit: the longest known one, "_m", "_s" or "_bytes"; "" where
    it has none, or one that is not known."""
    name = key.rpartition(".")[2]
    ending = max((one for one in (*ENDINGS, "_m", "_s", "_bytes") if name.endswith(one)), key=len, default="")
    before = name.removesuffix(ending)
    if ending == "_s" and (len(before) == 1 or name in FIELDS):  # of the solid: D_s, phi_s
        return ""
    one_word = "_" not in ending[1:]
    return "" if one_word and before.rpartition("_")[2] in FACTORS and "_" in before else ending
