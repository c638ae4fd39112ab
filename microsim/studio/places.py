"""The one folder that the studio works in: names from a browser become paths inside it, or a refusal."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from ..base.errors import InputError
from ..base.gallery import FOLDERS as SHIPPED
from ..base.gallery import folder as gallery
from ..base.schema import parse_yaml, say
from ..volumes.datasets import DATASETS, known_path
from ..volumes.formats import files_of, suffixes
from ..volumes.named import named_files

OWN = ".microsim-studio"  # folder of the records, which no browser reads
YAML, PAGES = (".yaml", ".yml"), (".html",)
FOLDERS = ("folder", "slices", "run")  # kinds that a listing begins with
SLICES = (".tif", ".tiff", ".png", ".bmp")  # that count as one volume where their names count
WORD = re.compile(r"""[^\s,=:;{}\[\]()"'|]+""")  # what may be a path in a word of a command line


class Outside(InputError):
    """A name that leads out of the studio's folder."""


@dataclass(frozen=True)
class Place:
    """The folder of a studio. root: absolute, links resolved; it is the folder that the process works in."""

    root: Path

    @classmethod
    def of(cls, folder):
        """Take a folder that is there."""
        root = Path(folder).resolve()
        if not root.is_dir():
            raise InputError(f"DIR: expected a folder, got {folder}, which is none; name one that is there.")
        return cls(root)

    @property
    def own(self):
        """Folder of the studio's records."""
        return self.root / OWN

    def holds(self, path):
        """Tell whether a path, its links resolved, lies in the folder and not among the records."""
        found = Path(os.path.realpath(self.root / path))
        return found.is_relative_to(self.root) and not found.is_relative_to(self.own)

    def inside(self, name):
        """Return the path that a browser names, relative to the folder; raises Outside for any other."""
        plain = isinstance(name, str) and len(name) < 4096 and name.isprintable()
        parts = Path(name).parts if plain else ()
        hidden = any(part.startswith(".") for part in parts)
        if not parts or Path(name).is_absolute() or hidden or not self.holds(name):
            raise Outside(
                f"expected a name inside of the studio's folder, got {say(name)}; name a file there."
            )
        return Path(name)

    def file(self, name):
        """Return the path of a file that is there and no device or pipe."""
        path = self.inside(name)
        if not (self.root / path).is_file():
            raise InputError(f"expected a file in the studio's folder, got {say(name)}, which is none there.")
        return path

    def fresh(self, name):
        """Return the full path of a file that is not there yet, in a folder that is."""
        path = self.root / self.inside(name)
        if os.path.lexists(path):
            raise InputError(
                f"expected a name that is not there yet, got {say(name)}, which is; rename one of the two."
            )
        if not path.parent.is_dir():
            raise InputError(f"expected a folder that is there, got {say(name)}; name one that is.")
        return path

    def volume(self, name):
        """Return the name of a volume, FILE or FILE::PART, none of whose data lie outside."""
        stem, mark, part = str(name).partition("::")
        self.inside(stem)
        self.check_named([name])
        return f"{Path(stem)}{mark}{part}"

    def check_words(self, words):
        """Refuse words of a command line that name anything outside: what they spell, what the YAML in them
        spells, and what is named within the files that they name."""
        for word in words:
            value = word.partition("=")[2]
            texts = [word, *_texts(parse_yaml(value, "--set"))] if value else [word]
            for part in (part for text in texts for part in [text, *WORD.findall(text)]):
                self._check_word(part, word)
        self.check_named([*words, *(text for word in words for text in _texts_of(word))])

    def _check_word(self, part, word):
        stem = part.partition("::")[0]
        escapes = stem.startswith("~") or ".." in Path(stem).parts or "\0" in stem
        if escapes or len(stem) < 4096 and not self.holds(stem):
            raise Outside(f"expected files inside of the studio's folder, got {say(word)}; name one there.")

    def check_named(self, node, folder=None):
        """Refuse plain data that name files outside of the folder, other than those that ship with microsim
        and known data sets; files within files included."""
        far = [(key, file) for key, file in named_files(node, folder or self.root) if not self.holds(file)]
        for key, file in far:
            real = Path(os.path.realpath(file))
            if not any(real.is_relative_to(one) for one in _known()):
                at = f"{key}: " if "." in key else ""
                raise Outside(f"{at}expected files inside of the studio's folder, got {file}; copy it there.")

    def listing(self, name=""):
        """List a folder: [{name, path, kind, size, changed}], folders first; what is hidden or leads out is
        left out."""
        path = self.root / self.inside(name) if name else self.root
        if not path.is_dir():
            raise InputError(f"expected a folder in the studio's folder, got {say(name)}; name one there.")
        rows = [row for one in path.iterdir() if (row := self._row(one))]
        return sorted(rows, key=lambda row: (row["kind"] not in FOLDERS, row["name"].casefold()))

    def _row(self, path):
        if path.name.startswith(".") or not path.name.isprintable() or not self.holds(path):
            return None
        kind = file_kind(path)
        if kind is None:
            return None
        about = path.stat()
        size = about.st_size if path.is_file() else None
        shown = path.relative_to(self.root).as_posix()
        return {"name": path.name, "path": shown, "kind": kind, "size": size, "changed": about.st_mtime}


def file_kind(path):
    """Say what the studio does with a file or folder: run, folder, slices, volume, case, page, file; None for
    devices and links that lead nowhere."""
    if path.is_dir():
        if (path / "result.json").is_file() and (path / "report.html").is_file():
            return "run"
        if path.suffix and files_of(path):
            return "volume"
        return "slices" if _numbered_slices(path) else "folder"
    if not path.is_file():
        return None
    suffix = path.suffix.lower()
    if suffix in YAML:
        return "case"
    if suffix in PAGES:
        return "page"
    return "volume" if path.name.lower().endswith(tuple(suffixes())) else "file"


def _numbered_slices(folder):
    """Tell whether a folder holds images whose names differ by a number alone."""
    names = [one.name for one in folder.iterdir() if one.name.lower().endswith(SLICES)]
    return len(names) > 1 and len({re.sub("[0-9]+", "0", name) for name in names}) == 1


def _known():
    """Yield what may be read anywhere: what ships with microsim, and files of known data sets."""
    yield from (gallery(name).resolve() for name in SHIPPED)
    yield from (Path(path).resolve() for name in DATASETS if (path := known_path(name)))


def _texts_of(word):
    value = word.partition("=")[2]
    return _texts(parse_yaml(value, "--set")) if value else []


def _texts(node):
    """Every text in plain data, keys included."""
    if isinstance(node, dict):
        return [text for key, part in node.items() for text in [*_texts(key), *_texts(part)]]
    if isinstance(node, (list, tuple)):
        return [text for part in node for text in _texts(part)]
    return [node] if isinstance(node, str) else []
