"""Read a written page as people see it, and check what holds for every page."""

import html
import re


def text_of(page):
    """The page's text: no images, style, record and tags; spaces as spaces."""
    content = re.sub(
        r"<style>.*?</style>|<script.*?</script>|<pre.*?</pre>|base64,[^\"]*",
        "",
        page.read_text(),
        flags=re.DOTALL,
    )
    text = html.unescape(re.sub(r"<[^>]+>", " ", content)).replace("\N{NARROW NO-BREAK SPACE}", " ")
    return re.sub(r"\s+", " ", text)


def check_page(page, figures):
    """Check that a page needs nothing else, and holds these figures, which lie beside it as files."""
    content = page.read_text()
    links = re.findall(r"""(?:src|href|srcset|action)\s*=\s*["']([^"']*)""", content)
    assert all(link.startswith(("#", "data:image/png;base64,")) for link in links)
    assert not re.search(
        "fetch\\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\\(|importScripts", content
    )
    assert "@import" not in content and "url(" not in content
    anchors = [link[1:] for link in links if link.startswith("#")]
    assert [content.count(f'id="{anchor}"') for anchor in anchors] == [1] * len(anchors)
    assert sorted(path.stem for path in (page.parent / "figures").glob("*.png")) == sorted(figures)
    assert [f'<figure id="figure-{name}"' in content for name in figures] == [True] * len(figures)
    assert content.count("data:image/png;base64,iVBOR") == len(figures)


def long_numbers(text):
    """Numbers of more than five digits."""
    return [n for n in re.findall(r"\d+\.\d+", text) if len(n.replace(".", "").lstrip("0")) > 5]


def check_volume_page(path, numbers, volume, figures):
    """Check a page about a volume: whole, few digits, what was run."""
    check_page(path, figures)
    text = text_of(path)
    for said in (
        str(volume),
        numbers["volume_sha256"],
        "0.5 × 0.5 × 0.5 µm",
        "16 × 14 × 12",
        "active material",
    ):
        assert said in text
    shown = text.replace(str(volume), "").replace(numbers["volume_sha256"], "")
    assert long_numbers(shown) == [] and "nan" not in shown.split() and "None" not in shown


def room_behind_bars(figure):
    """The least room between a colour bar with its label and what stands right of it, in inches."""
    figure.canvas.draw()
    boxes = [(axes.get_label() == "<colorbar>", axes.get_tightbbox()) for axes in figure.axes]
    rooms = [
        other.x0 - bar.x1
        for is_bar, bar in boxes
        for _, other in boxes
        if is_bar and other.x0 > bar.x0 and min(other.y1, bar.y1) > max(other.y0, bar.y0)
    ]
    return min(rooms) / figure.dpi
