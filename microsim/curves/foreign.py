"""Files of cyclers that packages of others read: BioLogic .mpr, Neware .nda and .ndax, Excel, Parquet.

Each is imported by the file that needs it; whatever goes wrong in it is one sentence that names it.
"""

import datetime
import logging
import struct
import tempfile
import warnings
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from ..base.errors import InputError, why
from ..base.packages import need
from .columns import columns_of
from .header import made_header
from .raw import ArrayTable, RawTable

# place of each value in the settings of a .mpr (float32), its unit in SI: those that agree with EC-Lab's own
# text of the same file; its area and capacity are kept in units that nothing there names
SETTINGS = {"mass": (0x107, 1e-6), "characteristic_mass": (0x24C, 1e-6)}


@contextmanager
def _read_by(package, where):
    """Turn what goes wrong in somebody else's reader into one sentence."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as error:  # of whatever kind: it is another's code
        raise InputError(
            f"{where}: expected a file that {package} reads, got: {why(error)}; export it as text or .csv"
        ) from error
    finally:
        logging.disable(before)


def read_mpr(content, where):
    """Return the table of a binary file of EC-Lab; above zero is oxidation, as in its text."""
    galvani = need("galvani", "files of EC-Lab (.mpr)")
    with _read_by("galvani", where):
        file = galvani.BioLogic.MPRfile(BytesIO(content))
        data = file.data
        settings = next((m["data"] for m in file.modules if m["shortname"].startswith(b"VMP Set")), b"")
    if not len(data):
        raise InputError(f"{where}: expected measured points, got none; give the file of a run measurement")
    columns = {name: data[name] for name in data.dtype.names}
    columns |= {"mode": file.get_flag("mode")} if "mode" in file.flags_dict else {}
    names, columns = tuple(columns), list(columns.values())
    return ArrayTable(names, columns, len(data), where, positive="charge", header=_settings(settings))


def _settings(settings):
    """The Header in the settings of a .mpr."""
    found = {
        name: unit * struct.unpack_from("<f", settings, place)[0]
        for name, (place, unit) in SETTINGS.items()
        if len(settings) >= place + 4
    }
    return made_header(**found)


def read_neware(content, where):
    """Return the table of a Neware file; its time is that of each step."""
    neware = need("NewareNDA", "files of Neware (.nda, .ndax)")
    suffix = Path(where.removesuffix(".gz")).suffix
    with tempfile.TemporaryDirectory() as folder, _read_by("NewareNDA", where):
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        frame = neware.read(str(path))
        said = neware.read_metadata(str(path)) if suffix.lower() == ".nda" else {}
    if not len(frame):
        raise InputError(f"{where}: expected measured points, got none; give the file of a run measurement")
    columns = {"Time/s": frame["Time"].to_numpy(), "Voltage/V": frame["Voltage"].to_numpy()}
    columns |= {name: frame[name].to_numpy() for name in ("Cycle", "Step")}
    kept = ("Current(mA)", "Charge_Capacity(mAh)", "Discharge_Capacity(mAh)")
    columns |= {name: frame[name].to_numpy() for name in kept if name in frame}
    mass = said.get("active_mass_mg")
    header = made_header(mass=mass and 1e-6 * mass)
    return ArrayTable(
        tuple(columns), list(columns.values()), len(frame), where, positive="charge", header=header
    )


def read_parquet(content, where):
    """Return the table of a Parquet file, as the Battery Data Format is kept in."""
    need("pyarrow", "Parquet files")
    with _read_by("pyarrow", where):
        from pyarrow import parquet

        table = parquet.read_table(BytesIO(content))
        columns = [_array(table.column(k)) for k in range(table.num_columns)]
    return ArrayTable(tuple(table.column_names), columns, table.num_rows, where)


def _array(column):
    values = column.to_numpy()
    return values.astype(float) if values.dtype == object and column.type.num_fields == 0 else values


def read_excel(content, where):
    """Return the RawTable of the sheet that holds a voltage or a frequency; sheets of the same columns, as
    Arbin parts a long test, one after another."""
    openpyxl = need("openpyxl", "files of Excel (.xlsx)")
    with _read_by("openpyxl", where):
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    found = {title: _sheet(rows, where) for title, rows in sheets.items()}
    found = {title: table for title, table in found.items() if table is not None}
    heads = {table.names for table in found.values()}
    if len(heads) != 1:
        raise InputError(
            f"{where}: expected one kind of sheet with a voltage or a frequency, got"
            f" {', '.join(found) or 'none'} of {', '.join(sheets)}; save that sheet as .csv"
        )
    tables = list(found.values())
    cells = [row for table in tables for row in table.cells]
    return RawTable(tables[0].names, cells, [k for table in tables for k in table.lines], where)


def _sheet(rows, where):
    """The RawTable of a sheet: its first line that names a voltage or a frequency, and what stands below."""
    for k, row in enumerate(rows[:40]):
        names = tuple(str(cell).strip() if cell is not None else "" for cell in row)
        below = [(n, line) for n, line in enumerate(rows[k + 1 :], k + 2) if _filled(line)]
        cells = [[_text(cell) for cell in line] for _, line in below]
        table = RawTable(names, cells, [n for n, _ in below], where)
        if cells and any(columns_of(table, ("voltage", "frequency")).values()):
            return table
    return None


def _filled(line):
    return any(isinstance(cell, (int, float)) for cell in line)


def _text(cell):
    """A cell as text; a time of the day, or a span, as h:min:s."""
    if isinstance(cell, datetime.timedelta):
        return repr(cell.total_seconds())
    if isinstance(cell, float):
        return repr(cell)
    return "" if cell is None else str(cell)
