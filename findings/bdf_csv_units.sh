#!/usr/bin/env bash
# bdf.read (batterydf, the reader of the Battery Data Format) renames the columns of a CSV table without converting them: hours,
# millivolts and milliamperes come back under "Test Time / s", "Voltage / V" and "Current / A", as text, without a word, while
# bdf.normalize of the same table converts all three. A cell of 3.4 V at 1 mA for 2 h becomes one of 3400 V at 1 A for 2 s. Read
# the table with pandas and hand it to bdf.normalize, or write s, V and A into the file.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q batterydf==0.1.0 pandas==3.1.1 numpy==2.4.6 pint==0.25.3
cd "$place"
venv/bin/python -W ignore - <<'PYTHON'
import importlib.metadata

import bdf
import pandas as pd

print("batterydf", importlib.metadata.version("batterydf"))
table = {"Test_Time(h)": [0.0, 1.0, 2.0], "Voltage(mV)": [3400.0, 3500.0, 3450.0], "Current(mA)": [1.0, 1.0, -1.0]}
frame = pd.DataFrame(table)
frame.to_csv("cell.csv", index=False)
names = ["Test Time / s", "Voltage / V", "Current / A"]
read = bdf.read("cell.csv")[names].astype(float).iloc[-1].tolist()
normalised = bdf.normalize(frame)[names].astype(float).iloc[-1].tolist()
print("last row in the file: 2 h, 3450 mV, -1 mA")
print("bdf.read     ", dict(zip(names, read)))
print("bdf.normalize", dict(zip(names, normalised)))

assert normalised == [7200.0, 3.45, -0.001], "bdf.normalize does not convert any more"
assert read == [2.0, 3450.0, -1.0], "bdf.read converts now"
PYTHON
