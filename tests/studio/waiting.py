"""Jobs of a studio as tests ask for them, and waiting for what comes about."""

import time

from microsim.studio.record import JobRecord


def asked(place, *words):
    """A record of a job that waits."""
    number = len(list((place.own / "jobs").glob("*"))) + 1 if (place.own / "jobs").is_dir() else 1
    record = JobRecord(place.root, number)
    record.folder.mkdir(parents=True)
    record.write("asked.json", words=list(words), time=time.time())
    return record


def until(true, within=20.0):
    """Wait until something is so."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come about in time")
