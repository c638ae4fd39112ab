import pytest

from .half_cell import TEXT


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "half_cell.yaml"
    path.write_text(TEXT)
    return path
