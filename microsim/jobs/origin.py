"""What a result was computed from: the case, the contents of every file that it names, and this build of
microsim. A result or a checkpoint is taken for that of a case only where nothing of it differs.
"""

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from .. import __version__
from ..base.provenance import build

NOT_SOLVED = ("compare",)  # sections whose files do not decide what a run computes


def origin_of(case):
    """Return the origin of a case's result as plain data: case_sha256, microsim, build, files
    {"key: file": sha256}."""
    from ..volumes.named import named_files

    files = {}
    for key, path in named_files(case.as_dict(), case.path and case.path.parent):
        name = f"{key}: {path.name}"
        files[name] = files.get(name, "") + digest(path)
    return {"case_sha256": case.sha256, "microsim": __version__, "build": build(), "files": files}


def differences(before, now, *, solved=False):
    """Say what differs between two origins, a phrase each; solved: of what decides the solution alone."""
    if not isinstance(before, dict) or not isinstance(before.get("files"), dict):
        return ["it does not say what it was computed from"]
    said = ["the case has changed"] if before.get("case_sha256") != now["case_sha256"] else []
    files, old = now["files"], before["files"]
    for name in dict.fromkeys([*files, *old]):
        if files.get(name) != old.get(name) and not (solved and name.split(".")[0] in NOT_SOLVED):
            fate = "is gone" if name not in files else "has changed" if name in old else "is new"
            said.append(f"{name.partition(': ')[2]} ({name.partition(':')[0]}) {fate}")
    versions = [(one.get("microsim"), one.get("build")) for one in (before, now)]
    if versions[0] != versions[1]:
        (was, old_build), (is_, new_build) = versions
        said.append(f"microsim has changed from {was} (build {old_build}) to {is_} (build {new_build})")
    return said


def digest(path):
    """Return the sha256 of a file's bytes, or of the names and bytes of the files in a folder."""
    if Path(path).is_dir():
        parts = sorted(file for file in Path(path).iterdir() if file.is_file())
        lines = (os.fsencode(file.name) + f" {digest(file)}\n".encode() for file in parts)
        return sha256(b"".join(lines)).hexdigest()
    found = os.stat(path)
    # the time at which a file was last written or exchanged cannot be set back, unlike that of its content
    return _of_bytes(str(path), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


@lru_cache(maxsize=4096)
def _of_bytes(path, *_):
    from ..volumes.stored import sha256_of

    return sha256_of([path])
