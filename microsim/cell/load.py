"""Steps of a protocol as the experiment holds them: what is held, in SI, and what ends each."""

from dataclasses import dataclass

import numpy as np

from .step import Control

BEND = 0.01  # share of a profile's largest value; smoother turns, as in a sampled curve, cost no new start
NEAR = 0.1  # share of it that a profile may leave its course by within one step, at first


@dataclass(frozen=True)
class Load:
    """One protocol step: what is held, and what ends it.

    current (A, discharge > 0), or voltage (V), or power (W, discharge > 0), or profile: (times, values) of
    the kind `profile_of`, linear between its times (s from the start of the step), where a time that comes
    twice is a jump. Ends: until_voltage (V), until_current (A, its size falls to it), until_charge (C that
    pass in this step), until_total (C discharged since the start of the run: a state of charge), duration
    (s). skip: how many of the next steps fall away if the voltage ends it.
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
    until_charge: float | None = None
    until_total: float | None = None
    skip: int = 0

    def control(self, time, after=False):
        """Return what is held at a time from the start of the step (s); at a jump what was held before it, or
        what is held after it."""
        if self.profile is not None:
            return Control(self.profile_of, self._value(time, after))
        if self.voltage is not None:
            return Control("voltage", self.voltage)
        return Control("current", self.current) if self.power is None else Control("power", self.power)

    def _value(self, time, after):
        """The profile at a time, which may be a jump but for round-off."""
        times, values = (np.asarray(column, float) for column in self.profile)
        first, last = self._corner(time)
        if last >= first:
            return float(values[last if after else first])
        return float(np.interp(time, times, values))

    def _corner(self, time):
        """The first and the last point of the profile at a time; none where last < first."""
        times, slack = np.asarray(self.profile[0], float), 1e-9 * (1 + time)
        return int(np.searchsorted(times, time - slack)), int(np.searchsorted(times, time + slack)) - 1

    def longest_step(self, time):
        """Return the time left to the next corner of the profile (s)."""
        if self.profile is None:
            return np.inf
        corners = np.asarray(self.profile[0])
        later = corners[corners > time * (1 + 1e-9) + 1e-9]
        return later[0] - time if later.size else np.inf

    def jumps(self, time):
        """Whether the profile jumps at this time and goes on."""
        if self.profile is None:
            return False
        first, last = self._corner(time)
        return first < last < len(self.profile[0]) - 1

    def bend(self, time):
        """Return the length (s) of the piece of the profile that begins at this time with a bend, else None.

        A bend turns the profile by more than BEND of its largest value over that piece; a jump is one.
        """
        if self.profile is None:
            return None
        times = np.asarray(self.profile[0], float)
        first, k = self._corner(time)
        if k < first or not 0 < k < times.size - 1:
            return None
        ahead = times[k + 1] - times[k]
        if first < k or first == 0:
            return ahead if first < k else None
        return ahead if self._turn(k) * ahead > BEND else None

    def near(self, time):
        """Return how long (s) a profile with a bend at this time stays near the line it was on: within NEAR
        of its largest value."""
        return NEAR / self._turn(self._corner(time)[1])

    def _turn(self, k):
        """Change of the profile's slope at its k-th point, over its largest value (s-1)."""
        times, values = (np.asarray(column, float)[k - 1 : k + 2] for column in self.profile)
        with np.errstate(divide="ignore"):  # a jump turns without end
            before, after = np.diff(values) / np.diff(times)
        return abs(after - before) / np.abs(self.profile[1]).max()

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
