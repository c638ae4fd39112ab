"""Draw the pictures of the gallery from finished runs of the shipped cases: a map, or else the voltage.

python docs/gallery_figures.py RUN [RUN ...]
"""

import sys
from dataclasses import replace
from pathlib import Path

from microsim.jobs.compare_runs import compare_runs
from microsim.report.beside_figures import field_maps_figure, voltages_figure
from microsim.report.png import to_png

FOLDER = Path(__file__).with_name("gallery")
WIDTH = 5.4  # inches


def main(folders):
    FOLDER.mkdir(exist_ok=True)
    for folder in folders:
        run = replace(compare_runs([folder]).shown[0], label=Path(folder).name)
        drawn = field_maps_figure([run], "sto", WIDTH) if run.maps else voltages_figure([run], WIDTH)
        (FOLDER / f"{Path(folder).name}.png").write_bytes(to_png(drawn))


if __name__ == "__main__":
    main(sys.argv[1:])
