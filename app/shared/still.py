"""A figure as a still picture: a Vega-Lite specification in, SVG out.

Drawn by Vega itself, inside this process: no browser, no script, and nothing is fetched, whatever a
specification says. Boxes and sliders stand as they do at first. Knows no Streamlit.
"""

from __future__ import annotations

from hashlib import sha256
from xml.etree import ElementTree

import vl_convert
from markupsafe import Markup

from app.shared.canvas import Row, Spec
from app.shared.palette import LIGHT, Palette
from app.shared.text import visible
from elbert_core.errors import InputError

_SVG = "http://www.w3.org/2000/svg"
_HINT = "_hint"
WIDTH, LEAST, MOST = 600, 480, 760
"""Pixels that a picture is drawn for, and between which it follows the page: where that is narrower
the picture is scrolled, for smaller letters could not be read."""


def svg(spec: Spec, *, alt: str, palette: Palette = LIGHT, width: int = WIDTH) -> Markup:
    """The figure as one `<svg>` element that scales with the page, in a box that scrolls.

    Args:
        spec: a figure: layers with their rows inside.
        alt: what it shows, for those who cannot see it.
        palette: the colours it was drawn in, for axes.
        width: in pixels; the height is the figure's own.
    """
    drawn = vl_convert.vegalite_to_svg(
        _still(spec, width), config=_config(palette), allowed_base_urls=[]
    )
    root = ElementTree.fromstring(drawn)
    # several pictures share a page: what one calls clip0 must not cut the other
    own = f"f{sha256((alt + drawn).encode()).hexdigest()[:12]}-"
    for element in root.iter():
        if element.text:
            element.text = visible(element.text)
        hint = element.attrib.pop("aria-label", None)
        for name in [n for n in element.attrib if n == "role" or n.startswith("aria-")]:
            del element.attrib[name]
        if hint is not None:
            ElementTree.SubElement(element, f"{{{_SVG}}}title").text = visible(hint)
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, own + value)
            elif value.startswith("url(#"):
                element.set(name, value.replace("#", f"#{own}", 1))
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "role": "img",
        "aria-label": visible(alt),
        "style": f"width:100%;min-width:{LEAST}px;max-width:{MOST}px",
    }
    ElementTree.register_namespace("", _SVG)
    drawn = ElementTree.tostring(root, encoding="unicode")
    return Markup('<div class="wide">' + drawn + "</div>")


def _config(palette: Palette) -> Spec:
    axis = {"labelColor": palette.muted, "titleColor": palette.muted, "gridColor": palette.faint}
    words = {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "aria": False}
    return {"background": None, "axis": {**axis, **words}}


def _still(spec: Spec, width: int) -> Spec:
    """The figure at a fixed width; what a hint says there stands in the rows, as a description."""
    layers = []
    for layer in spec["layer"]:
        mark = layer["mark"] if isinstance(layer["mark"], dict) else {"type": layer["mark"]}
        if mark["type"] == "image" or "url" in layer["data"]:
            raise InputError(f"outside data are not allowed in a picture, got a {mark['type']}")
        tips = layer["encoding"].get("tooltip")
        if isinstance(tips, list):
            rows = [{**row, _HINT: _hint(tips, row)} for row in layer["data"]["values"]]
            encoding = {**layer["encoding"], "description": {"field": _HINT, "type": "nominal"}}
            layers.append({**layer, "data": {"values": rows}, "encoding": encoding})
        else:
            layers.append({**layer, "mark": {**mark, "aria": False}})
    autosize = {"type": "fit-x", "contains": "padding"}
    return {**spec, "layer": layers, "width": width, "autosize": autosize}


def _hint(tips: list[Spec], row: Row) -> str:
    return "\n".join(f"{tip['title']}: {row.get(tip['field'], '')}" for tip in tips)
