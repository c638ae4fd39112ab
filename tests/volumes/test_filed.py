"""Arrays in files give what the same array in memory gives, for every index, and map no more than a piece."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microsim.base.errors import InputError
from microsim.volumes import filed
from microsim.volumes.filed import CodedArray, FileArray, made_in

SHAPE = (5, 7, 6)
CUTS = st.one_of(
    st.integers(-5, 4),
    st.builds(slice, *[st.one_of(st.none(), st.integers(-8, 8))] * 2, st.sampled_from([None, 1, 2, -1, -3])),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("filed") / "v.npy"
    np.save(path, np.arange(210, dtype=np.uint16).reshape(SHAPE))
    return path


@pytest.mark.parametrize("piece", [2**24, 40, 1])
@settings(deadline=None, max_examples=60)
@given(index=st.lists(CUTS, max_size=3), order=st.permutations(range(3)), data=st.data())
def test_indices_give_what_numpy_gives(place, piece, index, order, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filed, "PIECE", piece)
        file, memory = FileArray.of_npy(place).transpose(order), np.load(place).transpose(order)
        index = tuple(index)
        assert np.array_equal(file[index], memory[index]) and file[index].dtype == memory.dtype
        part = file.part(*index)
        assert part.shape == memory[index].shape and np.array_equal(part, memory[index])
        if part.ndim:
            again = data.draw(st.integers(0, max(len(part) - 1, 0)))
            assert not len(part) or np.array_equal(part[again], memory[index][again])


@pytest.mark.parametrize("piece", [2**24, 100])
def test_what_is_written_stays(tmp_path, monkeypatch, piece):
    monkeypatch.setattr(filed, "PIECE", piece)
    made, memory = made_in(tmp_path, "a.npy", SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    made[...] = 0
    for index, value in (((slice(1, 3),), 2.5), ((..., 4), np.arange(7)), ((2, slice(None, None, -2), 1), 9)):
        made[index], memory[index] = value, value
    assert np.array_equal(np.load(tmp_path / "a.npy"), memory) and np.array_equal(made, memory)
    assert np.array_equal(made + 1, memory + 1) and (made > 2).sum() == (memory > 2).sum()
    assert np.array_equal(made[memory > 2], memory[memory > 2])


def test_little_is_mapped_at_once(place, monkeypatch):
    monkeypatch.setattr(filed, "PIECE", 30)
    whole, seen = FileArray.of_npy(place), []
    mapped = FileArray._mapped

    def watched(self, *given):
        seen.append(self.size)
        mapped(self, *given)

    monkeypatch.setattr(FileArray, "_mapped", watched)
    assert np.array_equal(whole[:, :, 2], np.load(place)[:, :, 2])
    assert sum(seen) == 35 and max(seen) < 8


def test_a_full_disk_is_told_before_anything_is_written(tmp_path, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(filed.os, "posix_fallocate", full)
    with pytest.raises(InputError, match="No space left"):
        made_in(tmp_path, "a.npy", SHAPE, np.float32)


def test_numbers_of_one_type_stay_in_the_file(place):
    file = FileArray.of_npy(place)
    assert file.astype(np.uint16, copy=False) is file and isinstance(file.astype(np.float32), np.ndarray)
    assert (len(file), file.ndim, file.size, file.nbytes) == (5, 3, 210, 420)
    assert file.part(slice(0, 1)).squeeze((0,)).shape == (7, 6)


@pytest.mark.parametrize("values", [np.asfortranarray(np.arange(24).reshape(2, 3, 4)), np.array([None])])
def test_a_file_is_taken_as_numpy_takes_it_or_not_at_all(tmp_path, values):
    np.save(tmp_path / "v.npy", values)
    if values.dtype == object:
        with pytest.raises(ValueError, match="objects"):
            FileArray.of_npy(tmp_path / "v.npy")
        return
    assert np.array_equal(FileArray.of_npy(tmp_path / "v.npy"), values)
    (tmp_path / "v.npy").write_bytes((tmp_path / "v.npy").read_bytes()[:-1])
    with pytest.raises(ValueError, match="fewer bytes"):
        FileArray.of_npy(tmp_path / "v.npy")


def test_codes_are_given_for_numbers(place):
    file, table = FileArray.of_npy(place), np.arange(210, 0, -1, dtype=np.uint8)
    coded, memory = CodedArray.of(file, table), table[np.load(place)]
    assert np.array_equal(coded, memory) and np.array_equal(coded[1:3, ::-2], memory[1:3, ::-2])
    assert np.array_equal(coded.part(slice(None), 2).transpose((1, 0)), memory[:, 2].T)
    assert np.array_equal(coded == 7, memory == 7)


def test_bytes_of_another_machine_are_not_taken_as_they_lie(place):
    other = np.dtype(np.uint16).newbyteorder()
    assert FileArray.at(place, SHAPE, other, 128) is None
    assert np.array_equal(FileArray.at(place, SHAPE, np.uint16, 128), np.load(place))
