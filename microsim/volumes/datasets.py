"""Known data sets: where each volume comes from, under which licence, and how it is found or fetched.

No copy of them is kept here. Each is looked for in the folder that MICROSIM_DATA names, otherwise it is
downloaded once from the commit whose bytes have the sha256 below. Licences are those of the repositories.
"""

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ..base.errors import InputError, why
from .stored import sha256_of

FOLDER_VARIABLE = "MICROSIM_DATA"
UNSTATED = "Voxel size not stated with the file: give one."


@dataclass(frozen=True)
class Dataset:
    """A published volume; its file's axes are x, y, z.

    url           public address, None where none is known
    voxel_size_m  voxel edge (m), None where not stated
    labels        phase name -> label, None where the phases are not named (or kind is "grey")
    kind          "labels" or "grey"
    """

    name: str
    file: str
    url: str | None
    licence: str
    sha256: str
    citation: str
    voxel_size_m: float | None
    labels: dict[str, int] | None
    kind: str
    note: str


def find(name):
    """Return the data set of that name, file name or file name without suffix; None for an unknown one."""
    for dataset in DATASETS.values():
        if name in (dataset.name, dataset.file, re.sub(r"(\.(tiff?|zip))+$", "", dataset.file)):
            return dataset
    return None


def locate(name, progress=None):
    """Return the path of a data set's file, in the folder that MICROSIM_DATA names or downloaded once.

    progress(done, total, message) is called in bytes while it is downloaded.
    Raises InputError for an unknown name, a file with other bytes than published, and a failed download.
    """
    dataset = find(name)
    if dataset is None:
        near = difflib.get_close_matches(str(name), DATASETS, 3, 0.4)
        raise InputError(
            f"expected the name of a data set, got {name}; "
            f"{'did you mean ' if near else 'known are '}{', '.join(near or DATASETS)}{'?' if near else '.'}"
        )
    return _in_folder(dataset) or _download(dataset, progress)


def known_path(name):
    """Return where the file of a known data set lies on this machine, unread; None where it does not."""
    import pooch

    dataset, folder = find(name), os.environ.get(FOLDER_VARIABLE)
    places = sorted(Path(folder).rglob(dataset.file)) if folder else []
    places.append(Path(pooch.os_cache("microsim")) / dataset.file)
    return next((path for path in places if path.is_file()), None)


def _in_folder(dataset):
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return None
    if not os.path.isdir(folder):
        raise InputError(f"expected {FOLDER_VARIABLE} to name a folder, got {folder}; correct or unset it.")
    path = next(iter(sorted(Path(folder).rglob(dataset.file))), None)
    if path is None:
        return None
    found = sha256_of([path])
    if found != dataset.sha256:
        raise InputError(
            f"expected {path} with the published sha256 {dataset.sha256}, got {found}; "
            "fetch it again, or rename it if it is another volume."
        )
    return path


def _download(dataset, progress):
    """Fetch the file into the user's cache folder, or find it there; its sha256 is checked either way."""
    if dataset.url is None:
        raise InputError(
            f"expected {dataset.file} in the folder that {FOLDER_VARIABLE} names, got none, and no public "
            f"address of it is known; get it from its authors ({dataset.citation})."
        )
    import pooch

    folder, log = pooch.os_cache("microsim"), pooch.get_logger()
    downloader = pooch.HTTPDownloader(progressbar=_Bar(progress, dataset.file) if progress else False)
    level = log.level
    log.setLevel("ERROR")  # it would write to standard error
    try:
        fetched = pooch.retrieve(
            dataset.url, f"sha256:{dataset.sha256}", dataset.file, folder, downloader=downloader
        )
    # no network, no such address, disk full, other bytes than published
    except (OSError, ValueError) as error:
        raise InputError(
            f"expected to download {dataset.url}, got: {why(error)}; try again, or put {dataset.file} into a"
            f" folder that {FOLDER_VARIABLE} names."
        ) from error
    finally:
        log.setLevel(level)
    return Path(fetched)


class _Bar:
    """What pooch takes for a progress bar, passed on to progress(done, total, message)."""

    def __init__(self, progress, file):
        self.total, self.done = 0, 0
        self.progress, self.message = progress, f"downloading {file}"

    def update(self, size):
        self.done = min(self.done + size, self.total)
        self.progress(self.done, self.total, self.message)

    def reset(self):
        self.done = 0

    def close(self):
        pass


# ---- the table ---------------------------------------------------------------------------------------------


def _github(repository, commit, path):
    return f"https://raw.githubusercontent.com/{repository}/{commit}/{quote(path)}"


_TAUFACTOR = "tldr-group/taufactor", "fb6454851241247e780e20056845c94c42e4c4fd"
_SUPERRES = "amirDahari1/SuperRes", "a0b192598316847bd290c43ba8c29d1cc6272345"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            name="nrel_nmc",
            file="nrel_nmc-1-cal_generatedCBD_bridge.tif",
            url=_github(
                "NREL/MATBOX_Microstructure_analysis_toolbox",
                "904b8de59df362adc37ad3351961b27516a067b0",
                "Data_example/From computed tomography with additives numerically generated/"
                "nmc-1-cal_generatedCBD_bridge.tif",
            ),
            licence="BSD-2-Clause type (MATBOX License.txt)",
            sha256="0197a8da2b6def10265e8fa2f3ce6a4c9b9a4f11af6c40c13d9dcbb7861eaf08",
            citation="Usseglio-Viretta et al., J. Electrochem. Soc. 165 (2018) A3403",
            voxel_size_m=398e-9,
            labels={"pore": 0, "am": 1, "cbd": 2},
            kind="labels",
            note=(
                "Calendered NMC electrode nmc-1-cal, measured (X-ray tomography); its CBD is generated"
                " (bridge). Pages run through the thickness. The voxel size is not in the file; 398 nm is"
                " that of the citation."
            ),
        ),
        Dataset(
            name="slicegan_nmc",
            file="slicegan_NMC_30x252x253.tif",
            url=_github("Duyang56/SliceGAN", "a66c852e89e2a5b1ba5daca0ff100a3ed36a767d", "Examples/NMC.tif"),
            licence="MIT",
            sha256="cb43eceba209e57ad16482ad7cf1a92ab65ffdf005e63c1e7c6482549d8ddadd",
            citation="Kench and Cooper, Nat. Mach. Intell. 3 (2021) 299",
            voxel_size_m=None,
            labels={"pore": 0, "am": 128, "cbd": 255},
            kind="labels",
            note=(
                "Slab of a three-phase NMC electrode used to train SliceGAN; whether its CBD was measured is"
                f" not stated, and its phases are named here after their volume fractions. {UNSTATED}"
            ),
        ),
        Dataset(
            name="superres_sem",
            file="superres_SEM_lr_input.tif",
            url=_github(*_SUPERRES, "data/SEM_lr_input.tif"),
            licence="MIT",
            sha256="f1f1600588aae804c86439b50f5272e14bd3f27dfa33373b0bee313001bf640b",
            citation="Dahari et al., Adv. Energy Mater. (2022), doi 10.1002/aenm.202202407",
            voxel_size_m=None,
            labels={"rest": 0, "am": 128},
            kind="labels",
            note=f"Measured NMC cathode; pore and CBD are not told apart (rest). {UNSTATED}",
        ),
        Dataset(
            name="superres_separator",
            file="superres_Separator_lr_input.tif",
            url=_github(*_SUPERRES, "data/Separator_lr_input.tif"),
            licence="MIT",
            sha256="961fc5e2677d1c6fdda1649e818fcee6c2ab0f98d2b660fac2378bf1f6673587",
            citation="Dahari et al., Adv. Energy Mater. (2022), doi 10.1002/aenm.202202407",
            voxel_size_m=None,
            labels=None,
            kind="labels",
            note=f"Battery separator, anisotropic, labels 0 (0.621) and 1 (0.379), not named. {UNSTATED}",
        ),
        Dataset(
            name="berea",
            file="berea_400.zip",
            url=_github(
                "LukasMosser/PorousMediaGan",
                "14775b026b59f04d8bd235cb55a68142c519639e",
                "data/berea/original/raw/berea.zip",
            ),
            licence="MIT (repository; the image is from Imperial College, which may have terms of its own)",
            sha256="5728a6e8f2aee9bba5b3e732eec8c08f32642f841b3cf08da69d8972d0d334c9",
            citation="Mosser, Dubrule and Blunt, arXiv:1704.03225",
            voxel_size_m=None,
            labels={"pore": 0, "solid": 255},
            kind="labels",
            note=(
                "Measured Berea sandstone (micro-tomography), segmented. Its published permeabilities were"
                f" computed with 2 um. {UNSTATED}"
            ),
        ),
        Dataset(
            name="puma_fiberform",
            file="puma_100_fiberform.tif",
            url=_github(
                "nasa/puma",
                "65a05d7d693924590e8433f2f402c04c5031845c",
                "python/pumapy/data/100_fiberform.tif",
            ),
            licence="NASA Open Source Agreement 1.3",
            sha256="1386f825c71272f2cac7a7dbf8c82a25387b70c379655c02a843f6150edbe861",
            citation="Ferguson et al., SoftwareX 7 (2018) 81",
            voxel_size_m=1.3e-6,
            labels=None,
            kind="grey",
            note=(
                "Measured carbon FiberForm (micro-tomography), grey; the fibres are the values from 90 to"
                " 255."
            ),
        ),
        Dataset(
            name="taufactor_electrode",
            file="taufactor_electrode_256.tiff",
            url=_github(*_TAUFACTOR, "docs/notebooks/electrode.tiff"),
            licence="MIT",
            sha256="848a5afaa339cffa68ca75a4a7f3b72b3cd4efeeced91c8bad03bee2811da7a6",
            citation="Usseglio-Viretta et al., J. Electrochem. Soc. 165 (2018) A3403 (training data)",
            voxel_size_m=100e-6 / 256,
            labels={"pore": 0, "am": 85, "cbd": 170},
            kind="labels",
            note=(
                "Generated by a network trained on NREL's NMC tomography; TauFactor's notebooks have its"
                " answers."
            ),
        ),
        Dataset(
            name="taufactor_foam",
            file="taufactor_TF-500x500x500-1x2x6-v3.tiff.zip",
            url=_github(*_TAUFACTOR, "docs/paper/TF-500x500x500-1x2x6-v3.tiff.zip"),
            licence="MIT",
            sha256="ccd04a9e9a96a400dce20e517b71f66f0b9e88dbfa52e9afc80a385d22384421",
            citation="Kench, Squires and Cooper, J. Open Source Softw. (2023), TauFactor 2",
            voxel_size_m=None,
            labels={"solid": 0, "pore": 255},
            kind="labels",
            note=(
                "Generated periodic anisotropic foam with published tortuosity factors of its label 255. "
                "Tortuosity does not depend on the voxel size; give one for anything else."
            ),
        ),
    )
}
