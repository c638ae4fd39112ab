"""Steps of a protocol as the experiment holds them: what is held, in SI, and what ends each."""

from dataclasses import dataclass

import numpy as np

from .step import Control

BEND = 0.01  # share of a profile's largest value; smoother turns, as in a sampled curve, cost no new start


@dataclass(frozen=True)
class Load:
    """One protocol step: what is held, and what ends it.

    current (A, discharge > 0), or voltage (V), or power (W, discharge > 0), or profile: (times, values) of
    the kind `profile_of`, linear between its times (s from the start of the step). Ends: until_voltage (V),
    until_current (A, its size falls to it), duration (s). skip: how many of the next steps fall away if the
    voltage ends it.
    """

    name: str
    current: float = 0.0
    until_voltage: float | None = None
    duration: float | None = None
    voltage: float | None = None
    power: float | None = None
    profile: tuple | None = None
    profile_of: str = "current"
    until_current: float | None = None
    skip: int = 0

    def control(self, time):
        """Return what is held at a time from the start of the step (s)."""
        if self.profile is not None:
            return Control(self.profile_of, float(np.interp(time, *self.profile)))
        if self.voltage is not None:
            return Control("voltage", self.voltage)
        return Control("current", self.current) if self.power is None else Control("power", self.power)

    def longest_step(self, time):
        """Return the time left to the next corner of the profile (s)."""
        if self.profile is None:
            return np.inf
        corners = np.asarray(self.profile[0])
        later = corners[corners > time * (1 + 1e-9) + 1e-9]
        return later[0] - time if later.size else np.inf

    def bend(self, time):
        """Return the length (s) of the piece of the profile that begins at this time with a bend, else None.

        A bend turns the profile by more than BEND of its largest value over that piece.
        """
        if self.profile is None:
            return None
        times, values = (np.asarray(column, float) for column in self.profile)
        k = int(np.argmin(np.abs(times - time)))
        if abs(times[k] - time) > 1e-9 * (1 + time) or not 0 < k < times.size - 1:
            return None
        before, after = np.diff(values[k - 1 : k + 2]) / np.diff(times[k - 1 : k + 2])
        ahead = times[k + 1] - times[k]
        return ahead if abs(after - before) * ahead > BEND * np.abs(values).max() else None

    @property
    def varies(self):
        """Whether the current is not the same throughout."""
        return self.profile is not None or self.voltage is not None or self.power is not None

    @property
    def sign(self):
        """1 on discharge, -1 on charge, 0 where neither is said: which way a voltage limit is met."""
        if self.profile is not None:
            return 0.0
        return float(np.sign(self.current if self.power is None else self.power))
