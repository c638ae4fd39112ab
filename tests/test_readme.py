"""The README's Python example runs as it stands there."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_example_runs(monkeypatch, tmp_path, capsys):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    for folder in ("meshes", "cases"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    tau, capacity, balance = re.search(
        r"tau = ([\d.]+).*\n([\d.]+) mAh/g, lithium balance (\S+)", printed
    ).groups()
    assert abs(float(tau) / 4.8607 - 1) < 1e-3  # TauFactor 1.2.1 on the same volume
    assert 150 < float(capacity) < 250
    assert float(balance) < 1e-6
    assert (tmp_path / "out" / "corner" / "report.html").exists()
