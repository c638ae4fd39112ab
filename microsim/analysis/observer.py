"""What watches a run: one contract for all that looks at it time step by time step.

An observer is told each Moment, whose arrays refuse to be written to; all that changes in it is a field of
`kept`, a dataclass, which a checkpoint keeps whatever its fields are.
"""

from ..base.records import copied


class Observer:
    """Watch a run. kept: a dataclass of all that changes."""

    kept: object

    def note(self, moment):
        """Take in the Moment after a time step."""
        raise NotImplementedError

    def snapshot(self):
        """Return all that it goes on from, a `kept` of its own."""
        return copied(self.kept)

    def restore(self, kept):
        """Go back to a snapshot."""
        self.kept = copied(kept)


def stored(moment, passed, every):
    """Whether the fields of a moment are stored: at the start, at the end of a step, at a mark, and when
    `every` (C) has passed since the last time, at a throughput of `passed`."""
    return moment.t == 0 or moment.last or moment.landed or moment.throughput - passed >= every
