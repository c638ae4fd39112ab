"""Devices and pipes are written through, and never replaced by a file."""

import os
import stat
import threading

import pytest

from microsim.base.errors import InputError
from microsim.base.files import replacing, write_text
from microsim.base.streams import is_standard_output, is_stream


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_is_written_through(pipe):
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "µ")
    reader.join(10)
    assert heard == ["µ"] and stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_must_be_a_file_takes_no_pipe_s_place(pipe):
    with pytest.raises(InputError, match="name of a file to write, got .*pipe"), replacing(pipe):
        raise AssertionError
    assert stat.S_ISFIFO(pipe.stat().st_mode) and os.listdir(pipe.parent) == ["pipe"]


def test_a_device_stays_one():
    write_text("/dev/null", "nothing")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_an_open_file_is_written_where_the_program_stands_in_it(tmp_path):
    with open(tmp_path / "a.txt", "w") as file:
        file.write("before ")
        file.flush()
        write_text(f"/dev/fd/{file.fileno()}", "through")
    assert (tmp_path / "a.txt").read_text() == "before through"


def test_what_is_a_stream_and_what_is_none(tmp_path, pipe):
    assert is_stream(pipe) and is_stream("/dev/stdout") and is_stream("/dev/null")
    assert not is_stream(tmp_path) and not is_stream(tmp_path / "new.json") and not is_stream(__file__)
    assert is_standard_output("-") and is_standard_output("/dev/stdout")
    assert not is_standard_output("/dev/null")
