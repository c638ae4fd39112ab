import numpy as np
import pytest

from microsim.studio.places import Place
from microsim.volumes.volume import write_volume


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A studio's folder with a volume, a secret beside it, and links of which one leads out."""
    folder = tmp_path / "electrodes"
    (folder / "more").mkdir(parents=True)
    (folder / ".microsim-studio").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "secret").mkdir()
    write_volume(tmp_path / "secret" / "grey.tif", np.zeros((4, 4, 4), np.uint8))
    write_volume(folder / "labels.tif", np.arange(60, dtype=np.uint8).reshape(3, 4, 5) % 3, voxel_size=4e-7)
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "out").symlink_to(tmp_path / "secret")
    (folder / "same.tif").symlink_to(folder / "labels.tif")
    (folder / "records").symlink_to(folder / ".microsim-studio")
    monkeypatch.chdir(folder)
    return Place.of(folder)
