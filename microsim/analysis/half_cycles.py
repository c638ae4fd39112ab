"""Charges and discharges of a protocol: steps of one direction that follow each other, rests between them,
are one. A discharge at constant current that goes on at a held voltage, or by the pulses of a titration, is
one discharge, however many steps it takes."""

LEAST = 1e-6  # of the largest charge of a step: less is a rest
SUMMED = ("capacity_mAh_g", "areal_capacity_mAh_cm2", "areal_energy_mWh_cm2", "energy_Wh_kg", "energy_Wh_L")


def charges_and_discharges(charges, largest=None):
    """Return the charges and discharges of a protocol in order: [(1 on discharge or -1, numbers of its
    steps)].

    charges: of each step, above zero on discharge, in any unit; largest: that against which a step's is a
    rest's, else the largest of them. Rests have no number.
    """
    least, found = LEAST * (max(map(abs, charges), default=0.0) if largest is None else largest), []
    for number, charge in enumerate(charges):
        if abs(charge) <= least:
            continue
        sign = 1 if charge > 0 else -1
        if not found or found[-1][0] != sign:
            found.append((sign, []))
        found[-1][1].append(number)
    return found


def last_discharge_of(steps):
    """Return what the last discharge of a run came to, {} where no step discharges.

    steps: those of result.json. `steps`, their numbers, from 0; `name` in words; capacity and energies are
    sums, None where a step has none; `mean_voltage_V` is over their time, without the rests between them;
    `end_reason` and `end_voltage_V` are those of the last.
    """
    charges = [step.get("capacity_mAh_g") or 0.0 for step in steps]
    numbers = next((of for sign, of in reversed(charges_and_discharges(charges)) if sign > 0), None)
    if numbers is None:
        return {}
    parts = [steps[number] for number in numbers]
    sums = {key: _sum([part.get(key) for part in parts]) for key in SUMMED}
    ended = {key: parts[-1].get(key) for key in ("end_reason", "end_voltage_V")}
    name = words_of_steps([part.get("name", "") for part in parts])
    return {"steps": numbers, "name": name, **sums, "mean_voltage_V": _mean_voltage(parts), **ended}


def words_of_steps(names):
    """Word the names of one or more steps."""
    if len(names) < 3:
        return "; ".join(names)
    alike = len(set(names)) == 1
    return f"{len(names)} times {names[0]}" if alike else f"{len(names)} steps from {names[0]} to {names[-1]}"


def _sum(values):
    return None if None in values else sum(values)


def _mean_voltage(parts):
    """Mean over the time of several steps; of one its own."""
    if len(parts) == 1 or any(part.get("mean_voltage_V") is None for part in parts):
        return parts[-1].get("mean_voltage_V") if len(parts) == 1 else None
    time = sum(part["time_s"] for part in parts)
    return sum(part["mean_voltage_V"] * part["time_s"] for part in parts) / time
