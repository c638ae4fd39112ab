"""Records keep what their classes declare: copied, sealed, and to JSON and arrays and back."""

import gc
import json
import weakref
from collections import namedtuple
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass

import numpy as np
import pytest

from microsim.base import records
from microsim.base.records import copied, from_plain, sealed, to_plain


def same(one, other):
    """Whether two records are of the same classes and hold the same values, bit by bit."""
    one, other = (part.item() if isinstance(part, np.generic) else part for part in (one, other))
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[name], other[name]) for name in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


Pair = namedtuple("Pair", ["first", "second"])


@dataclass(frozen=True)
class Inner:
    values: np.ndarray
    pair: Pair
    weights: tuple = (1.0, -0.1)


@dataclass
class Outer:
    inner: Inner
    rows: list = field(default_factory=list)
    columns: dict = field(default_factory=dict)
    maybe: np.ndarray | None = None
    count: int = 3
    name: str = "step"
    under_way: bool = True
    passed: float = -np.inf


@pytest.fixture(autouse=True)
def of_the_package(monkeypatch):
    """Let the records of this file pass for ones of the package."""
    for made in (Pair, Inner, Outer):
        monkeypatch.setattr(made, "__module__", "microsim.base.records")
        monkeypatch.setattr(records, made.__name__, made, raising=False)


def record():
    x = np.arange(6.0)
    inner = Inner(x, Pair(x[:2] * 0.1, None))
    rows = [{"t": 0.1, "parts": [1, None, "a"]}, np.float32([1, 2])]
    return Outer(inner, rows, {"time_s": [0.0, 1 / 3]}, x)


def there_and_back(given):
    plain, arrays = to_plain(given)
    return from_plain(json.loads(json.dumps(plain)), arrays)


def test_a_record_comes_back_as_it_was():
    given = record()
    assert same(there_and_back(given), given)
    arrays = to_plain(given)[1]
    assert len(arrays) == 3  # the one that is held twice is stored once
    assert not same(there_and_back(given), Outer(given.inner))


def test_numbers_of_numpy_come_back_as_plain_ones():
    found = there_and_back(Outer(record().inner, count=np.int64(4), passed=np.float64(0.1)))
    assert (type(found.count), type(found.passed)) == (int, float) and found.passed == 0.1


def test_a_new_field_is_kept_without_being_named_anywhere(monkeypatch):
    wider = make_dataclass("Wider", [("stress", np.ndarray, None), ("cycle", int, 0)], bases=(Outer,))
    monkeypatch.setattr(wider, "__module__", "microsim.base.records")
    monkeypatch.setattr(records, "Wider", wider, raising=False)
    base = record()
    given = wider(**{f.name: getattr(base, f.name) for f in fields(base)}, stress=np.ones(3), cycle=7)
    assert same(there_and_back(given), given)


def test_what_is_no_record_is_not_kept_in_silence():
    for part in (object(), {1, 2}, lambda: 0):
        with pytest.raises(TypeError, match="expected a record"):
            to_plain(Outer(record().inner, rows=[part]))
    with pytest.raises(TypeError, match="expected names"):
        to_plain({1: 2.0})


def test_only_records_of_the_package_are_made():
    for name in ("os:system", "microsim.base.records:to_plain"):
        with pytest.raises(ValueError, match="expected a record"):
            from_plain({"class": name, "fields": {}}, {})


def test_a_copy_does_not_follow():
    given = record()
    copy = copied(given)
    given.rows.append(1)
    given.columns["time_s"].append(2.0)
    given.count = 9
    assert same(copy, record())
    assert copy.inner.values is given.inner.values  # arrays are not written to: they are shared


def test_a_sealed_record_refuses_to_be_written_to():
    given = record()
    shut = sealed(given)
    assert same(shut, given)
    for array in (shut.inner.values, shut.inner.pair.first, shut.rows[1], shut.maybe):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0
    given.inner.values[0] = 5.0
    assert shut.inner.values[0] == 5.0  # a view


def test_what_was_turned_plain_is_let_go_without_the_collector():
    """Arrays that a cycle of references held would lie in memory until the collector comes, several
    checkpoints of a run at a time."""
    values = np.arange(3.0)
    gone = weakref.ref(values)
    gc.disable()
    try:
        to_plain({"values": values})
        del values
        assert gone() is None
    finally:
        gc.enable()
