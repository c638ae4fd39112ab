"""The state of a run that a measured map is compared with: landed on while it runs, found again in its
fields."""

from dataclasses import dataclass, replace

from ..base.errors import InputError
from ..case.corners import ask_corner, corner_between, crop_corner

LIKE = 0.01  # how near two means of lithiation are those of one state
LITHIATION, VOLTAGE, CHARGE = 1e-6, 1e-5, 1e-6  # how near counts as there; charge: of the electrode's


@dataclass(frozen=True)
class Converted:
    """A quantity of lithium on the voxels of a run, factor * sto + offset, [x, y, z], NaN outside the active
    material."""

    factor: object
    offset: object

    def of(self, sto):
        """Return the quantity of a lithiation [x, y, z]."""
        return self.factor * sto + self.offset


def converted(quantity, phase, names, hosts, what="quantity"):
    """Return how a quantity (sto, soc, lithium) follows from the lithiation, voxel by voxel.

    phase: [x, y, z] of numbers into names; hosts: {phase: Host}. Raises InputError where the run does not
    say.
    """
    import numpy as np

    factor, offset = (np.full(phase.shape, np.nan) for _ in range(2))
    for number, name in enumerate(names):
        host = hosts.get(name)
        if host is None:
            continue
        inside, (a, b) = phase == number, host.line(quantity, what)
        factor[inside], offset[inside] = a, b
    return Converted(factor, offset)


def read_as_sto(comparison, name, fields_path):
    """Return a Comparison that says that a measured map, which does not say what it holds, was compared as
    sto, and what the means are in other quantities.

    comparison: of a run's sto; name: of the map; fields_path: of the run.
    """
    import numpy as np

    from ..volumes.fields import read_hosts, read_phase

    (phase, names, _), hosts = read_phase(fields_path), read_hosts(fields_path)
    sto, told = float(np.nanmean(comparison.simulated)), []
    for quantity, words in (("lithium", "lithium per formula unit"), ("soc", "soc")):
        try:
            found = converted(quantity, phase, names, hosts)
        except InputError:
            continue
        if np.isfinite(found.factor).any():
            mean = np.nanmean(found.factor) * sto + np.nanmean(found.offset)
            told.append(f"{mean:.3g} as {words}")
    others = f", {' and '.join(told)}" if told else ""
    said = (
        f"{name} does not say what it holds and is compared as sto (c_s / c_s_max): its mean is"
        f" {np.nanmean(comparison.measured):.3g}, the simulated one {sto:.3g} as sto{others}; --quantity says"
        " otherwise."
    )
    return replace(comparison, remarks=(*comparison.remarks, said))


def nearest_state(comparison, quantity, fields_path):
    """Return a Comparison of a run's last stored state that says which other one has the mean lithiation
    nearest to that of the measured map, where it is nearer by more than half.

    quantity: that of the comparison, None for sto; fields_path: of the run.
    """
    import numpy as np

    from ..volumes.fields import read_field, read_hosts, read_phase, read_times

    slope = 1.0
    if quantity not in (None, "sto"):
        phase, names, _ = read_phase(fields_path)
        slope = np.nanmean(converted(quantity, phase, names, read_hosts(fields_path)).factor)
    times, _ = read_times(fields_path)
    means = np.array([np.nanmean(read_field(fields_path, "sto", k)[0]) for k in range(len(times))])
    off = np.abs(comparison.metrics["bias"] + slope * (means - means[-1]))
    nearest = int(np.argmin(off))
    alike = (comparison.metrics["pearson_r"] or 0) > 0  # otherwise lithium may stand against charge
    if not alike or off[-1] < LIKE or off[nearest] > off[-1] / 2:
        return comparison
    said = (
        f"This is the end of the run; of its stored states sto@{nearest} ({times[nearest]:.4g} s) has the"
        f" mean nearest to the measured one: {fields_path}::sto@{nearest} compares that."
    )
    return replace(comparison, remarks=(*comparison.remarks, said))


def check_measured(measured, setup):
    """Refuse, before a run, what it could not be compared with: curves of steps that it has not, maps that do
    not lie on its active material (check_placed)."""
    from .compare_curves import check_parts

    check_parts(measured, setup.loads())
    check_placed(measured, setup)


def stated_corner(origin, ours, theirs):
    """Return where a map begins in a simulated one, 0 where nobody says and it is not to be asked; of two
    runs as their crops say.

    origin: as given, or None; ours, theirs: jobs.map_source.MapSource.
    """
    from ..volumes.fields import read_corner, read_phase

    if origin is None and ours.fields and theirs.fields:
        apart = tuple(b - a for a, b in zip(read_corner(ours.fields), read_corner(theirs.fields)))
        return corner_between(read_phase(ours.fields), read_phase(theirs.fields), apart)
    if origin is None and ours.fields:
        here, there = ((one.values.shape, one.voxel_size) for one in (ours, theirs))
        words = (f"--origin-um, {theirs.name}", "--origin-um {}")
        ask_corner(read_corner(ours.fields), here, there, words)
    return origin or (0.0, 0.0, 0.0)


def said_corner(origin, corner, name):
    """Say where a run begins in another one that is a crop elsewhere, in a tuple of sentences.

    origin: as given, or None; corner: of stated_corner; name: of the run.
    """
    if origin is not None or not any(corner):
        return ()
    um = ", ".join(f"{1e6 * at:.4g}" for at in corner)
    said = f"{name} begins at {um} um in the simulated map, as the crops of both runs have it"
    return (f"{said}; --origin-um says otherwise.",)


def check_placed(measured, setup):
    """Refuse, before a run, measured maps that do not lie on its active material as the case places them.

    measured: of compare.read_measured. setup: case.build.Setup. Raises InputError that names the section.
    """
    import numpy as np

    from ..maps.compare import shared_pair
    from ..maps.map import SocMap

    grid = setup.grid
    for one in measured:
        if not hasattr(one, "image"):  # a curve or an impedance lies nowhere
            continue
        if one.asked.origin is None:
            here = grid.shape, grid.voxel_size
            there = one.image.values.shape, one.image.voxel_size
            words = (f"compare.origin_um, {one.asked.measured}", "[{}]")
            ask_corner(crop_corner(setup.case, grid), here, there, words)
        line = converted(one.asked.quantity, grid.phase, grid.names, setup.case.hosts(), "compare.quantity")
        simulated = SocMap(line.of(np.full(grid.shape, 0.5)), grid.voxel_size)
        try:
            shared_pair(simulated, one.image, one.mask, one.asked.min_coverage, one.instrument)
        except InputError as error:
            raise InputError(f"compare, {one.asked.measured}: {error}") from error


def marks_of(measured, setup):
    """Return the Marks that a run lands on: times to store, and times and states to compare with a map.

    measured: [MeasuredMap]. setup: case.build.Setup.
    """
    from ..cell.marks import Mark

    times = setup.case.output.times if isinstance(setup.case.output.times, tuple) else ()
    found = [Mark(f"stored.{k}", "time", t, nearness(t)) for k, t in enumerate(times)]
    for number, one in enumerate(measured):
        if not hasattr(one, "image"):  # a curve or an impedance is of more than a state
            continue
        match, time = one.asked.match, one.asked.time
        if match is None and not isinstance(time, str):
            found.append(Mark(mark_name(number), "time", time, nearness(time)))
        elif match is not None and match.mean:
            found.append(_mean_mark(mark_name(number), one, setup))
        elif match is not None and match.voltage is not None:
            found.append(Mark(mark_name(number), "voltage", match.voltage, VOLTAGE))
        elif match is not None:
            all_of_it = setup.cell.capacity[setup.cell.positive_cells].sum()
            found.append(Mark(mark_name(number), "charge", match.charge * setup.mass, CHARGE * all_of_it))
    return found


def nearness(time):
    """Return how near a run comes to a time (s) that it lands on."""
    return 1e-9 * max(time, 1.0)  # s


def mark_name(number):
    """Name of the mark of the measured map of that number."""
    return f"compare.{number}"


def _mean_mark(name, one, setup):
    """A Mark at the mean of the measured map over the voxels that are compared."""
    import numpy as np

    from ..analysis.fields import isolated_sto
    from ..cell.marks import Mark
    from ..maps.instrument import mean_weights, seen_by
    from ..maps.map import SocMap
    from ..maps.metrics import Pair

    grid, mesh = setup.grid, setup.cell.mesh
    joined = mesh.on_image(mesh.solid, np.ones(mesh.solid.n))
    apart = isolated_sto(setup.cell, grid)
    simulated = SocMap(np.where(np.isnan(joined), apart, joined), grid.voxel_size)
    coverage = one.asked.min_coverage
    counted = Pair(one.image.values, one.image.values, coverage, one.image.sigma).shared
    used = counted & (True if one.mask is None else one.mask)
    weights = mean_weights(one.instrument, simulated, one.image, used, min_coverage=coverage)
    seen = used & np.isfinite(seen_by(one.instrument, simulated, one.image, min_coverage=coverage))
    line = converted(one.asked.quantity, grid.phase, grid.names, setup.case.hosts(), "compare.quantity")
    slope, fixed = weights * np.nan_to_num(line.factor), float(np.sum(weights * np.nan_to_num(line.offset)))
    fixed += float(np.nansum(slope * np.where(np.isfinite(apart), apart, 0.0)))
    cells = mesh.weights_of_cells(np.where(np.isnan(joined), 0.0, slope))
    return Mark(name, "mean", float(one.image.values[seen].mean()), LITHIATION, cells, fixed)


def landed_index(number, one, run, setup, fields_path):
    """Return which stored time a measured map is compared with. Raises InputError where the run never came
    there, with how near it came, or came there in several steps.

    run: the finished Experiment, of whose landed [(mark, number of the step, s)] it is one. setup: of it.
    """
    import numpy as np

    from ..volumes.fields import read_step_numbers, read_times, stored_index

    asked = one.asked
    if asked.match is None and isinstance(asked.time, str):
        return stored_index(fields_path, asked.time)
    times, names = read_times(fields_path)
    numbers = read_step_numbers(fields_path)
    found = [(step, t) for name, step, t in run.now.landed if name == mark_name(number)]
    wanted = None
    if asked.match is not None and asked.time != "end":
        wanted = int(numbers[stored_index(fields_path, asked.time)])
        found = [(step, t) for step, t in found if step == wanted]
    if not found:
        near = _how_near(one, run, setup, fields_path, wanted)
        raise InputError(f"compare: expected a state at {_spelled(asked)}, {near}")
    steps = sorted({step for step, _ in found}) if asked.match is not None else [found[0][0]]
    if len(steps) > 1:
        passed = ", ".join(f"step:{step} ({names[int(np.argmax(numbers == step))]})" for step in steps)
        raise InputError(
            f"compare: expected one state at {_spelled(asked)}, the run came there in {passed}; name one as "
            "time."
        )
    step, t = found[0]
    return int(np.flatnonzero((times == t) & (numbers == step))[0])


def _how_near(one, run, setup, fields_path, step):
    """How near a run, or one step of it, came to a state that it never reached, and what to do."""
    import numpy as np

    from ..volumes.fields import read_step_numbers, read_times

    match, columns = one.asked.match, run.now.record.columns
    within = "the run" if step is None else f"step:{step}"
    if match is None:
        last = read_times(fields_path)[0][-1]
        return f"the run from 0 to {last:g} s never came there; change time or the protocol."
    if match.mean:
        stored = np.arange(len(read_times(fields_path)[0]))
        if step is not None:
            stored = stored[np.asarray(read_step_numbers(fields_path)) == step]
        return f"{within} never came there: {_nearest_mean(one, setup, fields_path, stored)}"
    name, scale, unit = (
        ("voltage_V", 1.0, "V") if match.voltage is not None else ("charge_C", 1 / 3600, "mAh/g")
    )
    values = np.asarray(columns[name], float) * scale / (1.0 if unit == "V" else setup.mass)
    if step is not None:
        values = values[np.asarray(columns["step"]) == step]
    return (
        f"{within} never came there: it went from {values.min():.5g} to {values.max():.5g} {unit}; change"
        " match or the protocol."
    )


def _nearest_mean(one, setup, fields_path, stored):
    """Which stored state has the mean nearest to that of a measured map, how near, and how it is compared."""
    import numpy as np

    from ..maps.instrument import seen_by
    from ..maps.map import SocMap
    from ..volumes.fields import read_field, read_times

    grid = setup.grid
    line = converted(one.asked.quantity, grid.phase, grid.names, setup.case.hosts(), "compare.quantity")

    def off(k):
        sto, size, _ = read_field(fields_path, "sto", k)
        seen = seen_by(
            one.instrument, SocMap(line.of(sto), size), one.image, min_coverage=one.asked.min_coverage
        )
        both = np.isfinite(seen) & np.isfinite(one.image.values) & (True if one.mask is None else one.mask)
        return float(np.mean(seen[both])), float(np.mean(one.image.values[both]))

    means = {k: off(k) for k in map(int, stored)}
    nearest = min(means, key=lambda k: abs(np.subtract(*means[k])))
    ours, theirs = means[nearest]
    return (
        f"nearest is the state at {read_times(fields_path)[0][nearest]:.6g} s, with a mean of {ours:.6g}"
        f" against {theirs:.6g}; time: {_named(nearest, fields_path)} in place of match compares that one."
    )


def _named(k, fields_path):
    """A stored state as time takes it: end, the end of a step, or its seconds."""
    from ..volumes.fields import read_step_numbers, read_times

    numbers = read_step_numbers(fields_path).tolist()
    if k == len(numbers) - 1:
        return "end"
    return f"step:{numbers[k]}" if numbers[k + 1] != numbers[k] else f"{read_times(fields_path)[0][k]:.9g}"


def _spelled(asked):
    if asked.match is None:
        return f"{asked.time:g} s"
    if asked.match.mean:
        return "the mean of the measured map"
    if asked.match.voltage is not None:
        return f"{asked.match.voltage:g} V"
    return f"{asked.match.charge / 3600:g} mAh/g"
