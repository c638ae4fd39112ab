"""Charges and discharges of a run, cycle by cycle: capacities, coulombic efficiency, retention."""

from ..analysis.half_cycles import charges_and_discharges
from .record import step_energy


def cycle_results(record, mass):
    """Return a row for each discharge with the charge before it, and one for a charge at the end.

        coulombic efficiency = discharge / charge before it
        retention            = discharge / first discharge
        energy efficiency    = energy discharged / energy charged before it

    record: Record; mass: of active material (kg). Steps of one direction that follow each other, with the
    rests between them, are one charge or discharge. What a row has no charge or no discharge for is None;
    without any discharge beside a charge there is no row.
    """
    halves = _halves(record)
    if len({half["sign"] for half in halves}) < 2:
        return []
    rows, before, per = [], None, 3.6 * 1000 * mass
    for half in halves:
        if half["sign"] > 0:
            rows.append((before, half))
        before = None if half["sign"] > 0 else half
    rows += [(before, None)] if before else []
    first = next(half["charge_C"] for half in halves if half["sign"] > 0)
    return [_row(number, *pair, first, per) for number, pair in enumerate(rows, 1)]


def _row(number, charge, discharge, first, per):
    passed, taken = (None if half is None else abs(half["charge_C"]) for half in (charge, discharge))
    energies = [None if half is None else abs(half["energy_J"]) for half in (charge, discharge)]
    return {
        "cycle": number,
        "charge_mAh_g": passed and passed / per,
        "discharge_mAh_g": taken and taken / per,
        "coulombic_efficiency": passed and taken and taken / passed,
        "retention": taken and taken / first,
        "energy_efficiency": passed and taken and energies[1] / energies[0],
        "mean_charge_V": passed and energies[0] / passed,
        "mean_discharge_V": taken and energies[1] / taken,
        "charge_ended_by": charge and charge["ended_by"],
        "discharge_ended_by": discharge and discharge["ended_by"],
    }


def _halves(record):
    """Charges and discharges in order: sign (1 on discharge), charge_C, energy_J, ended_by."""
    numbers = list(dict.fromkeys(record.columns["step"]))  # of the protocol, where steps may have fallen away
    found = charges_and_discharges([step["charge_C"] for step in record.steps])
    return [
        {
            "sign": sign,
            "charge_C": sum(float(record.steps[place]["charge_C"]) for place in places),
            "energy_J": sum(step_energy(record, numbers[place]) for place in places),
            "ended_by": record.steps[places[-1]]["end_reason"],
        }
        for sign, places in found
    ]
