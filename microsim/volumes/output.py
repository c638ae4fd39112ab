"""HDF5 files that are written whole or not at all, on a full disk too."""

from contextlib import contextmanager

import h5py

from ..base.files import replacing


class Hdf5Output:
    """Write to a file for HDF5 and remember the first failure instead of passing it on.

    HDF5 that meets a full disk cannot close the file any more and ends the whole process with a
    segmentation fault; here every write seems to succeed, and the writer above asks for `error`.
    """

    def __init__(self, path):
        self.file = open(path, "w+b", buffering=0)  # noqa: SIM115 (closed by the writer)
        self.error = None

    def write(self, data):
        try:
            view = memoryview(data)
            while self.error is None and len(view):
                view = view[self.file.write(view) :]
        except OSError as error:
            self.error = error
        return len(data)

    def truncate(self, size=None):
        try:
            return self.file.truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size

    def read(self, size=-1):
        return self.file.read(size)

    def readinto(self, buffer):
        return self.file.readinto(buffer)

    def seek(self, offset, whence=0):
        return self.file.seek(offset, whence)

    def tell(self):
        return self.file.tell()

    def flush(self):
        pass


@contextmanager
def writing_hdf5(path):
    """Yield a new HDF5 file, which takes its name once it is complete; raises InputError on a full disk."""
    with replacing(path) as part:
        output = Hdf5Output(part)
        try:
            with h5py.File(output, "w") as file:
                yield file
            if output.error is not None:
                raise output.error
        finally:
            output.file.close()
