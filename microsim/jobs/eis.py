"""The job eis: impedance of the pores of a volume."""

from dataclasses import dataclass, field
from math import pi
from typing import Annotated

from ..base.arguments import Argument, one_of, switch
from ..base.axes import AXES
from ..base.pairs import name_values
from ..base.plausible import physical, remarks_on_options
from ..base.provenance import peak_memory_bytes
from ..base.schema import number
from ..base.words import times, titled
from .arguments import Axes, Conducting, Grid, as_phase_names, phase_bytes, require_size, spelled
from .frequencies import Frequencies
from .job import job
from .regions import Sides
from .result import Result, Table, one_or_all

COLUMNS = (
    *("tau", "R_dc_ohm_m2", "characteristic_Hz", "resolved_up_to_Hz"),
    *("eps", "error_bound", "solves", "iterations"),
)


ALIKE = 0.05  # within which two figures, or a spectrum and its fit, count as one
COARSE = 0.01  # error of Z from wide voxels that is said


@dataclass(frozen=True, repr=False)
class PoreImpedanceResult(Result):
    """Impedance of the pores of a volume.

    grid         VoxelGrid
    conducting   {phase: conductivity relative to the electrolyte's}
    axes         {axis: PoreImpedance}: freq (Hz), Z (ohm m2), tau, R_dc (ohm m2), omega_c (rad s-1) ...
    lines        {axis: LineFit of a transmission line, or None}
    through      {axis: tau of transport from end to end, or None}, of a blocked end; {} of an open one, where
                 tau is that
    electrolyte  PoreElectrolyte: diffusivity (m2 s-1), conductivity (S m-1), capacitance (F m-2)
    options      {walls, ends, sides, storage, reactive, area_correction, tolerance}
    """

    grid: object
    conducting: dict
    axes: dict
    lines: dict
    electrolyte: object
    options: dict
    through: dict = field(default_factory=dict)
    peak_memory_bytes: int = 0

    @property
    def tau(self):
        """Tortuosity factor from the low-frequency limit; {axis: factor} for several axes."""
        return one_or_all({name: found.tau for name, found in self.axes.items()})

    @property
    def freq(self):
        """Frequencies (Hz) [f]; {axis: frequencies} for several axes."""
        return one_or_all({name: found.freq for name, found in self.axes.items()})

    @property
    def Z(self):
        """Impedance (ohm m2) [f], complex; {axis: Z} for several axes."""
        return one_or_all({name: found.Z for name, found in self.axes.items()})

    @property
    def title(self):
        return (
            f"{self.grid.source.name}: impedance of {spelled(self.conducting)}, {times(self.grid.shape)} "
            f"voxels, {self.options['walls']} walls, {self.options['ends']} end"
        )

    def numbers(self):
        axes = {name: self._row(name) for name in self.axes}
        first = next(iter(axes.values()))
        return {
            **{key: first[key] for key in ("freq_Hz", "Z_real_ohm_m2", "Z_imag_ohm_m2")},
            "axes": axes,
            "peak_memory_bytes": self.peak_memory_bytes,
            "voxels": self.grid.voxels,
            "conducting": self.conducting,
            **self.options,
            "remarks": [*filter(None, map(self.coarse, self.axes)), *self.unusual],
            "diffusivity_m2_s": self.electrolyte.diffusivity,
            "conductivity_S_m": self.electrolyte.conductivity,
            "capacitance_F_m2": self.electrolyte.capacitance,
            "voxel_size_m": self.grid.voxel_size,
            "volume": self.grid.source.name,
            "volume_sha256": self.grid.source.sha256,
        }

    def _row(self, name):
        line = self.lines[name]
        row = {**_spectrum(self.axes[name]), **_figures(self.axes[name])}
        if self.through:
            row |= {"tau_transport": self.through[name], "remarks": self.remarks(name)}
        return {**row, "transmission_line": _line_numbers(line)} if line else row

    @property
    def unusual(self):
        """Sentences on properties that electrolytes and walls have not."""
        given = self.electrolyte
        return remarks_on_options(
            (f"--{name}", quantity, getattr(given, field))
            for name, quantity, field in (
                ("diffusivity-m2-s", "D_e", "diffusivity"),
                ("conductivity-S-m", "kappa", "conductivity"),
                ("capacitance-F-m2", "capacitance", "capacitance"),
            )
        )

    def coarse(self, name):
        """Say along an axis which frequencies its voxels are too wide for, None where they do for all."""
        found = self.axes[name]
        off = found.freq[found.voxel_error > COARSE]
        if not off.size:
            return None
        across = ", of the way along the pores alone" if self.options["walls"] == "double-layer" else ""
        return (
            f"{name}: at {off.size} of {found.freq.size} frequencies, from {off.min():.3g} Hz on, voxels are"
            f" too wide for how far diffusion gets: Z is off by more than {COARSE:.0%}, by"
            f" {found.voxel_error.max():.0%} at {found.freq.max():.3g} Hz (voxel_error, an estimate{across};"
            " error_bound is that of the equations on these voxels); end lower, or take smaller voxels."
        )

    def remarks(self, name):
        """Say what along an axis a blocked end does not tell: the tau of transport, or a uniform line's."""
        found, through, line = self.axes[name].tau, self.through.get(name), self.lines[name]
        told = []
        if self.through and (through is None or found is None or abs(found / through - 1) > ALIKE):
            other = (
                "nothing gets from end to end"
                if through is None
                else f"transport through it has {through:.3g}"
            )
            told.append(
                f"{name}: tau of the blocked electrode is {_figure(found)}, {other}: {self._why(name)}"
            )
        if line and line.fit.worst > ALIKE:
            told.append(
                f"{name}: the spectrum is not a uniform line's, off by up to {100 * line.fit.worst:.0f} %;"
                f" the line's tau, {_figure(line.tau)}, has an error that its standard error does not hold."
            )
        if line and line.fit.undetermined:
            told.append(f"{name}: not determined by these frequencies: {', '.join(line.fit.undetermined)}.")
        return told

    def _why(self, name):
        """What makes the tau of a blocked electrode another than that of transport: where each slice is that
        before it, only the way from the middle of the pores to their walls can."""
        from ..mesh.mask import straight

        across = "what the current meets across the pores on its way to their walls counts, which no line has"
        named = [phase for phase, value in self.conducting.items() if value]
        named += self.options["reactive"] or ()
        if all(straight(self.grid.mask(phase), AXES.index(name)) for phase in named):
            return f"its slices are all alike, but {across}."
        return (
            "pores or walls are not alike over its depth, and the spectrum weights them by the current that"
            f" still flows there, or pores are wide for their depth, and {across}."
        )

    def tables(self):
        figures = {name: _figures(found) for name, found in self.axes.items()}
        rows = [(name, *(row[key] for key in COLUMNS)) for name, row in figures.items()]
        header = ("axis", *COLUMNS)
        if self.through:
            header = (*header[:2], "tau of transport", *header[2:])
            rows = [(name, tau, self.through[name], *rest) for name, tau, *rest in rows]
        remarks = [remark for name in self.axes for remark in self.remarks(name)]
        coarse = filter(None, map(self.coarse, self.axes))
        return [Table(header, rows), *remarks, *coarse, *self.unusual]

    def plot(self):
        """Draw the spectra in the complex plane, normalised (Nyquist)."""
        from ..report.pages import eis as page

        return page.figure(grid=self.grid, result=self.numbers())

    def write(self, folder):
        """Write report.html and figures/*.png into a folder; returns the path of the page."""
        from ..report.pages import eis as page

        return page.write(folder, grid=self.grid, result=self.numbers())


def _spectrum(found):
    return {
        "freq_Hz": found.freq,
        "Z_real_ohm_m2": found.Z.real,
        "Z_imag_ohm_m2": found.Z.imag,
        "omega_over_omega_c": found.freq * (2 * pi) / found.omega_c,
        "Z_real_normalised": found.Z_normalised.real,
        "Z_imag_normalised": found.Z_normalised.imag,
        "voxel_error": found.voxel_error,
    }


def _figures(found):
    return {
        "tau": found.tau,
        "R_dc_ohm_m2": found.R_dc,
        "R_dc_normalised": found.R_dc_normalised,
        "characteristic_Hz": found.omega_c / (2 * pi),
        "resolved_up_to_Hz": found.resolved_up_to,
        "capacitance_F_m2": found.capacitance,
        "area_per_volume_m-1": found.area_per_volume,
        "area_per_volume_connected_m-1": found.area_connected,
        "eps": found.eps,
        "eps_connected": found.eps_connected,
        "error_bound": found.error,
        "solves": found.solves,
        "iterations": found.iterations,
        "seconds": found.seconds,
    }


def _line_numbers(line):
    return {
        "R_ion_ohm_m2": line.R_ion,
        "R_ion_standard_error": line.R_ion_error,
        "tau": line.tau,
        "tau_standard_error": line.tau_error,
        "worst_residual": line.fit.worst,
        "undetermined": list(line.fit.undetermined),
    }


def _figure(value):
    return "undefined" if value is None else f"{value:.3g}"


def _storage(given, path):
    """Read the porosity of conducting phases: "cbd=0.47", or {"cbd": 0.47}."""
    share = number(0.0, 1.0, above=True)
    if isinstance(given, dict):
        return {str(name): share(value, f"{path} {name}") for name, value in given.items()}
    return name_values(path, given, share)


def _physical(name, help, metavar, option):
    return Annotated[float, Argument(help, physical(name), metavar, option)]


FAR_ENDS = {"inert": "open", "double-layer": "blocked"}  # where none is asked for
FarEnd = Annotated[
    "str | None",
    one_of(
        "Far end: open (held at 0) or blocked [default: open; blocked with double-layer].", "open", "blocked"
    ),
]
Walls = Annotated[str, one_of("Inert (diffusion), or charging a double layer.", "inert", "double-layer")]
FrequencyUnit = Annotated[str, one_of("Hz, or omega / omega_c of each axis.", "Hz", "characteristic")]
Diffusivity = _physical("D_e", "Of the electrolyte; sets omega_c (inert).", "D", "--diffusivity-m2-s")
Conductivity = _physical("kappa", "Of the electrolyte; sets the unit of Z.", "K", "--conductivity-S-m")
Capacitance = _physical("capacitance", "Of the walls, per true area.", "C", "--capacitance-F-m2")
Storage = Annotated[
    "dict[str, float] | None", Argument("Porosity of conducting phases: cbd=0.47.", _storage, "NAME=F,...")
]
Reactive = Annotated[
    "str | list[str] | None",
    Argument("Phases whose surface charges [default: all others].", as_phase_names, "NAME,..."),
]
VoxelFaces = Annotated[bool, switch("Count plain voxel faces, without correction of their area.")]
Tolerance = Annotated[float, Argument("Bound of the relative error of Z.", number(1e-6, 0.1), "T")]


@job(voxel_bytes=phase_bytes("conducting", 400))
def pore_impedance(
    volume: Grid,
    conducting: Conducting = "pore",
    axis: Axes = "x",
    frequencies: Frequencies = "1e-4:1e5:91",
    *,
    ends: FarEnd = None,
    walls: Walls = "inert",
    frequency_unit: FrequencyUnit = "Hz",
    diffusivity: Diffusivity = 3e-10,
    conductivity: Conductivity = 1.0,
    capacitance: Capacitance = 0.1,
    storage: Storage = None,
    reactive: Reactive = None,
    sides: Sides = "no-flux",
    voxel_faces: VoxelFaces = False,
    tolerance: Tolerance = 1e-4,
    progress=None,
) -> PoreImpedanceResult:
    """Compute the impedance of the conducting phases of a volume.

    Inert walls: i omega c = div(D grad c) with c = 1 at the entrance; double-layer: the pores of an electrode
    that charges its surface (blocking symmetric cell). Z in ohm m2, and normalised, Z K / L; omega_c = D /
    L^2 (inert) or K eps / (a C L^2).

    Parameters
    ----------
    volume : VoxelGrid, str or path
        Voxels with named phases and a known voxel size (read_volume), or a file or data set with both.
    conducting : str or dict
        Phases that conduct: "pore", or conductivities relative to the electrolyte's, {"pore": 1.0,
        "cbd": 0.1}; three numbers for x, y, z.
    axis : str or int
        "x", "y", "z" (0, 1, 2) or "all", from the axis' first end face.
    frequencies : array or str
        Hz, or "from:to:count", evenly spaced in their logarithm.
    ends : str, optional
        Far end: "open" (held at 0) or "blocked"; default: open, blocked with a double layer.
    walls : str
        "inert" (diffusion), or charging a "double-layer".
    frequency_unit : str
        "Hz", or "characteristic": the frequencies are omega / omega_c of each axis.
    diffusivity : float
        Of the electrolyte, m2 s-1; sets omega_c (inert).
    conductivity : float
        Of the electrolyte, S m-1; sets the unit of Z.
    capacitance : float
        Of the walls, F m-2, per true area.
    storage : dict, optional
        Porosity of conducting phases, {"cbd": 0.47}.
    reactive : str or list of str, optional
        Phases whose surface charges; default: all that do not conduct.
    sides : str
        "no-flux" ("mirror" is the same) or "periodic" walls beside the axis.
    voxel_faces : bool
        Count plain voxel faces, without correction of their area.
    tolerance : float
        Bound of the relative error of Z.
    progress : callable, optional
        progress(done, total, message).

    Returns
    -------
    PoreImpedanceResult

    Raises
    ------
    InputError
        An argument that means nothing.
    NotConverged
        With the history of the solver.
    """
    from ..impedance.circuits import fit_pore_line
    from ..impedance.pores import PoreElectrolyte, solve_impedance
    from ..transport.tortuosity import solve_tortuosity

    require_size(volume)
    medium, ends = PoreElectrolyte(diffusivity, conductivity, capacitance), ends or FAR_ENDS[walls]
    options = {"walls": walls, "ends": ends, "sides": sides, "storage": storage, "reactive": reactive}
    options |= {"area_correction": not voxel_faces, "tolerance": tolerance}
    axes = {
        name: solve_impedance(
            volume, conducting, AXES.index(name), frequencies, electrolyte=medium,
            relative=frequency_unit == "characteristic", progress=titled(progress, f"impedance along {name}"),
            **options,
        )
        for name in axis
    }  # fmt: skip
    blocked = ends == "blocked"
    lines = {name: fit_pore_line(found, conductivity) if blocked else None for name, found in axes.items()}
    through = {
        name: solve_tortuosity(
            volume,
            conducting,
            AXES.index(name),
            sides=sides,
            progress=titled(progress, f"transport along {name}"),
        ).tau
        for name in (axis if blocked else ())
    }
    return PoreImpedanceResult(volume, conducting, axes, lines, medium, options, through, peak_memory_bytes())
