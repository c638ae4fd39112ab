"""Take docs/studio.png: labels painted on a grey volume in the studio, and what `segment` made of them.

python docs/studio_figure.py                          needs the extra studio, playwright, and Chromium
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter

from microsim.volumes.volume import read_voxels, write_volume

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WIDTH, HEIGHT = 1180, 1080
GREY = np.array([60.0, 180.0])  # of pore and solids


def grey_volume():
    """The demo's electrode as a tomogram would show its solids: labels and grey values."""
    demo = read_voxels(Path(__file__).parents[1] / "meshes" / "demo_electrode.tif").values
    labels = (demo > 0).astype(np.uint8)
    grey = gaussian_filter(GREY[labels], 0.6) + np.random.default_rng(3).normal(0, 9, labels.shape)
    return labels, grey.clip(0, 255).astype(np.uint8)


def paint(page, labels, count=4):
    """Click into the insides of each class in the section across z."""
    section, random = labels[:, :, labels.shape[2] // 2], np.random.default_rng(0)
    for k in range(2):
        page.check(f"input[name=class][value='{k + 1}']")
        inside = np.argwhere(binary_erosion(section == k, iterations=3))
        box = page.locator("#plane-z canvas").bounding_box()
        for x, y in random.permutation(inside)[:count]:
            across, down = (x + 0.5) / section.shape[0], 1 - (y + 0.5) / section.shape[1]
            page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
            page.wait_for_timeout(200)


def take(address, labels, path):
    """Open the volume in the studio, paint, segment, and keep the picture."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"] * (os.getuid() == 0)
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(address)
        page.click("text=grey.tif")
        page.wait_for_selector("main[data-ready]")
        page.click("#paint")
        page.wait_for_selector(".classes")
        paint(page, labels)
        page.click(".starter button")
        page.wait_for_selector("#fractions", timeout=300_000)
        page.evaluate("window.scrollTo(0, 0)")
        page.wait_for_timeout(500)
        page.screenshot(path=path)
        browser.close()


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "electrodes"
        labels, grey = grey_volume()
        write_volume(folder / "grey.tif", grey, voxel_size=4e-7)
        command = [sys.executable, "-m", "microsim", "studio", str(folder), "--no-browser", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as studio:
            try:
                take(studio.stdout.readline().split()[1], labels, Path(__file__).with_name("studio.png"))
            finally:
                studio.terminate()


if __name__ == "__main__":
    main()
