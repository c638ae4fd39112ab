"""The studio from end to end in Chromium: paint, segment, run, compare, and a server that starts again."""

import re
import shlex
from contextlib import contextmanager

import numpy as np
import pytest
from scipy import ndimage

from microsim.volumes.volume import read_voxels, write_volume

from ..report.browser import started
from .server import serving
from .waiting import until

SHAPE = (20, 24, 22)


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def truth():
    """Labels of two phases, blurred and noisy as grey values: (labels, grey)."""
    random = np.random.default_rng(1)
    labels = (ndimage.gaussian_filter(random.standard_normal(SHAPE), 3) > 0).astype(np.uint8)
    grey = np.array([60.0, 180.0])[labels] + 10 * random.standard_normal(SHAPE)
    return labels, grey.clip(0, 255).astype(np.uint8)


@contextmanager
def browsing(chromium, address, width=1200, **how):
    """A page of the studio; what it said on its console and asked of others is looked at in the end."""
    context = chromium.new_context(viewport={"width": width, "height": 1000}, **how)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda asked: said.append(asked.url) if not own(asked.url, address) else None)
    page.goto(address)
    try:
        yield page
        known = ("GL Driver Message", "ERR_CONNECTION", "Failed to load resource")
        assert [line for line in said if not any(words in line for words in known)] == []
    finally:
        context.close()


def own(url, address):
    return url.startswith((address.partition("?")[0], "blob:", "data:"))


def test_from_a_tiff_to_labels_with_a_second_browser_and_a_restart(chromium, truth, tmp_path):
    labels, grey = truth
    write_volume(tmp_path / "grey.tif", grey, voxel_size=4e-7)
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        port = int(server.host.partition(":")[2])
        page.click("text=grey.tif")
        page.wait_for_selector("main[data-ready]")
        assert "token" not in page.url  # which would stand in the browser's history
        with browsing(chromium, server.address) as other:
            other.click("text=grey.tif")
            other.wait_for_selector("main[data-ready]")
            for one in (page, other):
                one.click("#paint")
            for number, label in ((1, 0), (2, 1)):
                page.check(f"input[name=class][value='{number}']")
                inside = ndimage.binary_erosion(labels[:, :, SHAPE[2] // 2] == label, iterations=3)
                paint(page, np.argwhere(inside))
            # what one paints, the other sees
            other.wait_for_function("/[1-9]\\d* voxels/.test(document.querySelector('.classes').textContent)")
            counted = page.inner_text(".classes")
            other.wait_for_function(
                "(text) => document.querySelector('.classes').innerText === text", arg=counted
            )
        painted = read_voxels(tmp_path / "grey.painted.tif").values
        assert (painted[labels == 0] != 2).all() and (painted[labels == 1] != 1).all() and painted.max() == 2
        assert server.end() == 130
        page.wait_for_selector("#lost", state="visible")
        with serving(tmp_path, port):  # nothing is lost
            page.wait_for_selector("#lost", state="hidden")
            assert page.inner_text(".classes") == counted
            page.click(".starter button")
            page.wait_for_selector("#fractions", timeout=120000)
            found = read_voxels(tmp_path / "grey.labels.tif").values
            assert (found == labels).mean() > 0.95
            told = [float(share) for share in re.findall(r"([\d.]+) %", page.inner_text("#fractions"))]
            assert told == pytest.approx([100 * (found == k).mean() for k in (0, 1)], abs=0.006)


def test_a_file_from_elsewhere_is_painted_by_keyboard_and_segmented_by_its_grey_values(
    chromium, truth, tmp_path
):
    labels, grey = truth
    write_volume(tmp_path / "mine.tif", grey, voxel_size=4e-7)
    (tmp_path / "folder" / "slices").mkdir(parents=True)
    for number, name in enumerate(("s_1.tif", "s_2.tif", "s_3.tif")):
        write_volume(tmp_path / "folder" / "slices" / name, grey[number : number + 1])
    with serving(tmp_path / "folder") as server, browsing(chromium, server.address) as page:
        page.click("#files >> text=as volume")
        page.wait_for_selector("main[data-ready='slices']")
        assert "3 × 24 × 22 voxels" in page.inner_text("main .note >> nth=0")
        page.set_input_files("#add", tmp_path / "mine.tif")
        page.click("#files >> text=mine.tif")
        page.wait_for_selector("main[data-ready='mine.tif']")
        page.click("#paint")
        page.wait_for_selector(".classes")
        page.focus("#plane-z canvas")
        for key in ("ArrowRight", "Shift+ArrowUp", "PageUp", "[", "[", "2", " "):  # a brush of one voxel
            page.keyboard.press(key)
            page.wait_for_timeout(150)
        page.wait_for_selector("text=/^1 voxel$/")
        place = tuple(np.add([n // 2 for n in SHAPE], (1, 10, 1)).clip(0, np.subtract(SHAPE, 1)))
        painted = read_voxels(tmp_path / "folder" / "mine.painted.tif").values
        assert [tuple(one) for one in np.argwhere(painted)] == [place] and painted[place] == 2
        assert page.inner_text(".value").endswith(f": {grey[place]}")
        page.keyboard.press("Control+z")
        page.wait_for_selector("text=/^1 voxel$/", state="detached")
        page.select_option("#method", "thresholds")
        line = page.input_value(".starter .line")
        assert "--painted" not in line
        page.fill(".starter .line", line.replace("pore,am", "am,pore"))  # which it doubts
        page.click(".starter button")
        page.wait_for_selector("#fractions", timeout=120000)
        found = read_voxels(tmp_path / "folder" / "mine.labels.tif").values
        assert (found == labels).mean() > 0.95
        doubts = server.get("job", number=1)["doubts"]
        assert doubts and page.locator(".over .doubts li").count() == len(doubts)
        page.click("text=Away")
        page.wait_for_selector(".over", state="hidden")
        page.fill("#over-name", "mine.labels.tif")  # the same labels later, by hand
        page.click("text=Lay over")
        page.wait_for_selector("#fractions")
        assert page.locator(".over .doubts li").all_inner_texts() == [f"Doubt: {said}" for said in doubts]
        assert page.inner_text("#fractions").startswith("am: ")  # as the recipe names it


def test_classes_are_named_one_after_the_other_and_nothing_starts_before_each_is_painted(
    chromium, truth, tmp_path
):
    labels, grey = truth
    write_volume(tmp_path / "grey.tif", grey, voxel_size=4e-7)
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        page.click("text=grey.tif")
        page.wait_for_selector("main[data-ready]")
        assert page.locator("text=Take away").is_hidden()  # nothing lies over it yet
        page.click("text=Lay over")
        page.wait_for_selector("text=To segment writes grey.labels.tif.")
        page.click("#paint")
        assert page.inner_text(".slider:has(#brush) output") == "5 voxels wide"
        page.click("text=Add a class")  # what lies between pore and active material, until all are painted
        page.wait_for_selector(".classes input[value=cbd]")
        names = page.locator(".classes input[size]")
        assert [one.input_value() for one in names.all()] == ["pore", "cbd", "am"]
        names.nth(1).click()
        page.keyboard.press("Control+a")
        page.keyboard.type("binder")
        names.nth(2).click()  # which tells the server of the second, while the third is typed
        page.keyboard.press("Control+a")
        page.keyboard.type("active", delay=80)
        page.keyboard.press("Enter")
        until(lambda: "pore,binder,active" in page.input_value(".starter .line"))
        assert page.evaluate("document.activeElement.value") == "active"
        page.check("input[name=class][value='1']")
        paint(page, np.argwhere(labels[:, :, SHAPE[2] // 2] == 0))
        page.click(".starter button")
        alert = page.inner_text(".starter .notice")
        assert alert.startswith("expected painted voxels of each class, got none of binder and active; paint")
        assert server.get("state")["jobs"] == []


def test_labels_become_a_case_two_runs_and_their_comparison(chromium, truth, tmp_path):
    labels, _ = truth
    write_volume(tmp_path / "labels.tif", labels[:12, :10, :10], voxel_size=4e-7)
    (tmp_path / "labels.recipe.yaml").write_text("{phases: [pore, am], steps: []}")
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        page.click("text=labels.tif")
        page.wait_for_selector("main[data-ready]")
        legend = page.locator("label:has(.swatch)")
        assert legend.all_inner_texts() == ["pore", "am"]
        page.fill("input[aria-label='Name of label 1']", "solid")
        assert legend.all_inner_texts() == ["pore", "solid"]
        page.hover("canvas >> nth=0")
        assert page.inner_text(".value").split(": ")[1] in ("pore", "solid")
        page.fill("input[aria-label='Name of label 1']", "am")
        page.click("#make-case")
        page.wait_for_selector("#fault.good")
        text = page.input_value("#text")
        assert "{pore: 0, am: 1}" in text and "voxel_size_nm: 400" in text
        wrong = text.replace("porosity: 0.47", "porosity: 47")
        page.fill("#text", wrong)
        page.wait_for_selector("#fault.bad")
        assert page.inner_text(".numbers .bad") == str(wrong[: wrong.index("porosity: 47")].count("\n") + 1)
        page.click(".starter button")
        page.wait_for_selector(".starter .notice:has-text('expected labels.yaml as it should be')")
        assert not (tmp_path / "labels.yaml").exists() and server.get("state")["jobs"] == []
        page.fill("#text", re.sub(r"Discharge at .*", "Discharge at 1C for 2 minutes", text))
        page.wait_for_selector("#fault.good")
        page.click(".starter button")
        page.wait_for_selector("#job-1")
        assert "Discharge at 1C for 2" in (tmp_path / "labels.yaml").read_text()  # it was saved before it ran
        page.fill(".starter .line", "run labels.yaml --out out/other --set 'protocol.0=Rest for 1 minute'")
        page.click(".starter button")
        for number in (1, 2):
            page.wait_for_selector(f"#job-{number}[data-state=done]", timeout=180000)
        assert page.inner_text("#job-2 .links").startswith("report: out/other/report.html")
        page.click("text=Compare")
        for name in ("out/labels", "out/other"):
            page.check(f"input[aria-label='Choose {name}']")
        page.fill("input[aria-label='File of the measured map']", "soc.tif")
        line = page.input_value("section:has-text('measured map') .line")
        assert line.startswith("microsim compare out/other soc.tif --quantity soc")
        assert page.locator("#maps option").evaluate_all("(all) => all.map((one) => one.value)") == [
            "labels.tif"
        ]
        page.click("text=Side by side")
        for frame in (page.frame_locator("iframe >> nth=0"), page.frame_locator("iframe >> nth=1")):
            frame.locator("#viewer-root[data-ready]").wait_for(timeout=60000)  # its sections slide
        with pytest.raises(Exception, match="SecurityError|opaque|sandboxed"):
            page.frames[1].evaluate("document.cookie")  # a page of the folder has no part in the studio's


def test_names_with_spaces_stand_in_quotes_in_every_line(chromium, truth, tmp_path):
    write_volume(tmp_path / "my sample.tif", truth[0], voxel_size=4e-7)
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        page.click("text=my sample.tif")
        page.wait_for_selector("main[data-ready]")
        names = dict(zip("01", ("open pore", "am"), strict=True))
        for label, name in names.items():
            page.fill(f"input[aria-label='Name of label {label}']", name)
        lines = []
        for what in page.locator("select[aria-label='What to compute'] option").all_inner_texts():
            page.select_option("select[aria-label='What to compute']", what)
            lines.append(shlex.split(page.input_value(".starter .line")))
        for words in lines:
            assert words[2:5] == ["my sample.tif", "--phases", "open pore=0,am=1"]
            assert not any("pore" in word for word in words[5:] if word != "open pore")
        assert [words[-1] for words in lines if "out/" in words[-1]] == [
            f"out/my sample_{what}" for what in ("transport", "flow", "eis")
        ]
        page.fill("input[aria-label='Name of label 0']", "pore")
        page.click("#make-case")
        page.wait_for_selector("#fault.good")
        assert shlex.split(page.input_value(".starter .line")) == ["microsim", "run", "my sample.yaml"]


def test_what_is_typed_beside_a_volume_is_applied_before_anything_starts(chromium, truth, tmp_path):
    write_volume(tmp_path / "grey.tif", truth[1])
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        page.click("text=grey.tif")
        page.wait_for_selector("main[data-ready]")
        page.click("#paint")
        page.select_option("#method", "thresholds")
        page.fill("input[aria-label='Voxel size in nm']", "400")
        page.click(".starter button")
        page.wait_for_selector(".starter .notice:has-text('press Apply first')")
        assert server.get("state")["jobs"] == []
        page.fill("input[aria-label='Voxel size in nm']", "none")
        page.click("text=Apply")
        page.wait_for_selector("form + div .notice:has-text('expected a number')")
        lost = "document.querySelector('#turn').getContext('webgl2').isContextLost()"
        assert page.evaluate(lost) is False  # the view is as it was
        page.fill("input[aria-label='Voxel size in nm']", "400")
        page.click("text=Apply")
        page.wait_for_selector("main .note:has-text('400 nm (as given)')")
        page.wait_for_selector(".starter .line")  # what was open is open, and segments as was chosen
        assert page.input_value(".starter .line").endswith("--denoise nlm --voxel-size-nm 400")
        page.dblclick(".starter button")
        page.wait_for_selector("#fractions", timeout=120000)
        assert len(server.get("state")["jobs"]) == 1


def test_a_case_that_was_left_unsaved_is_found_as_it_was_left(chromium, tmp_path):
    (tmp_path / "case.yaml").write_text("title: one\n")
    (tmp_path / "other.yaml").write_text("title: other\n")
    with serving(tmp_path) as server, browsing(chromium, server.address) as page:
        page.click("text=case.yaml")
        page.wait_for_selector("main[data-ready='case.yaml']")
        page.fill("#text", "title: two\n")
        page.click("text=other.yaml")
        page.wait_for_selector("main[data-ready='other.yaml']")
        assert page.input_value("#text") == "title: other\n"
        (tmp_path / "case.yaml").write_text("title: by another\n")
        page.click("text=case.yaml")
        page.wait_for_selector("main[data-ready='case.yaml']")
        assert page.input_value("#text") == "title: two\n"
        page.click("#save")  # which would lose what another wrote meanwhile
        page.wait_for_selector("main .notice")
        assert (tmp_path / "case.yaml").read_text() == "title: by another\n"
        asked = []  # by the browser, before it leaves the page
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        page.reload()
        assert asked == ["beforeunload"]


@pytest.mark.parametrize(("width", "scheme"), [(1000, "light"), (400, "dark")])
def test_nothing_serious_stands_in_the_way_of_a_screen_reader(chromium, truth, tmp_path, width, scheme):
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="axe-core-python is not installed")
    write_volume(tmp_path / "labels.tif", truth[0], voxel_size=4e-7)
    write_volume(tmp_path / "grey.tif", truth[1])
    with serving(tmp_path) as server, browsing(chromium, server.address, width, color_scheme=scheme) as page:
        server.post("start", line="info labels.tif --phases a=0")
        for view in ("volume/grey.tif", "volume/labels.tif", "case/new.yaml", "jobs", "compare", "new"):
            page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
            page.wait_for_selector(f"main[data-view='{view}'] section")
            if "grey" in view:
                page.click("#paint")
                page.wait_for_selector(".classes")
            page.wait_for_function("(width) => document.documentElement.scrollWidth <= width", arg=width)
            found = axe.Axe().run(page)["violations"]
            serious = [one for one in found if one["impact"] in ("serious", "critical")]
            assert [(view, one["id"], one["nodes"][0]["html"][:200]) for one in serious] == []


def paint(page, pixels):
    """Click on some pixels [x, y] of the section across z with a small brush."""
    canvas = page.locator("#plane-z canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for x, y in pixels[:: max(1, len(pixels) // 4)][:4]:
        before = page.inner_text(".classes")
        across = box["x"] + (x + 0.5) / SHAPE[0] * box["width"]
        page.mouse.move(across, box["y"] + (1 - (y + 0.5) / SHAPE[1]) * box["height"])
        page.mouse.down()
        page.mouse.up()
        page.wait_for_function("(text) => document.querySelector('.classes').innerText !== text", arg=before)
