"""What a reader and a writer of a file format promise: ours, and those of other packages.

    def read(path):
        return Stored(values, voxel_size=(4e-7, 4e-7, 4e-7), axes="xyz")

    FORMAT = Format("my format", (".mine",), read)

in a package whose entry point of the group `microsim.readers` names FORMAT makes `file.mine` a volume.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .stored import is_pattern


@dataclass(frozen=True)
class Stored:
    """What a file holds: values and voxel size (m) in the order of the file's axes, slowest first.

    values      the array as it is stored
    voxel_size  of the axes that are lengths, or of all, nan for those that are none; None: not stated
    files       where the bytes lie when that is not only the file itself
    axes        the order of x, y, z where the file states it in our words
    names       what the file calls its axes, "" for those of which it says nothing
    usual       the order of x, y, z where nobody states one
    doubt       why the voxel size that the file states cannot be taken for one; a given one ends it
    said        what was taken where the file leaves a choice, or leaves something open; sentences
    beside      other data of the file, as they are written behind ::
    """

    values: np.ndarray
    voxel_size: tuple[float, ...] | None = None
    files: tuple[Path, ...] = ()
    axes: str | None = None
    names: tuple[str, ...] = ()
    usual: str = "xyz"
    doubt: str | None = None
    said: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A file format: how its files are known, read and written.

    name      what users call it
    suffixes  of its files, lower case
    read      read(path) -> Stored
    write     write(path, stored), whole or not at all; None: it is only read
    takes     further arguments: "part", the name behind ::, and of read "index", the number behind @, and
              "whole", to give all axes and not one time, and "store", where the values go (slabs.Store)
    files     files(path) -> every file that its data lie in, found without reading them; None: it alone
    opens     opens(path) -> whether this format reads it; None: any file with one of the suffixes
    package   of whom it is; filled in for those of other packages
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[..., Stored]
    write: Callable[..., None] | None = None
    takes: tuple[str, ...] = ()
    opens: Callable[[Path], bool] | None = None
    files: Callable[[Path], tuple[Path, ...]] | None = None
    package: str = ""

    def reads(self, path):
        """Tell whether this format reads a file or folder."""
        return (
            self.opens(path) if self.opens else self.named(path) and not (path.is_dir() or is_pattern(path))
        )

    def writes(self, path):
        """Tell whether this format writes a file of that name."""
        return self.write is not None and self.named(path)

    def named(self, path):
        """Tell whether a name has one of the suffixes."""
        return path.name.lower().endswith(self.suffixes)
