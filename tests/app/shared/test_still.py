"""Still pictures: every text is text, nothing is fetched, and several can share a page."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from app.shared.canvas import LayerCanvas
from app.shared.palette import DARK, LIGHT
from app.shared.still import svg

HOSTILE = [
    "<script>hit=1</script>",
    '"><img src=x onerror=hit=1>',
    "</text></svg><script>x</script>",
    "]]> & &amp; <!-- 'quoted' \"twice\"",
    'url(#clip0) id="clip0"',
    "a \u202efilm\u202c \u200b",
]


def figure(text: str = "name", **more: Any) -> dict[str, Any]:
    canvas = LayerCanvas(
        4, 120, {20.0: text.replace("'", "’").replace("\\", ""), 100.0: "0"}, LIGHT
    )
    row = {"x": 2, "y": 60, "text": text, "ink": "#123456"}
    points = canvas.points("points", [row], ink="ink", clip=True)
    points["encoding"]["tooltip"] = [{"field": "text", "title": text, "type": "nominal"}]
    return {
        "layer": [points, canvas.words("words", [row])],
        "width": "container",
        "height": 120,
        "autosize": {"type": "fit-x", "contains": "padding"},
        **more,
    }


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_stays_a_text(text: str) -> None:
    picture = svg(figure(text), alt=text)
    (root,) = ElementTree.fromstring(picture)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert tags <= {"svg", "g", "path", "text", "title", "line", "rect", "defs", "clipPath"}
    shown = (
        text.replace("\u202e", "⟨U+202E⟩")
        .replace("\u202c", "⟨U+202C⟩")
        .replace("\u200b", "⟨U+200B⟩")
    )
    assert root.attrib["aria-label"] == shown
    texts = ["".join(one.itertext()) for one in root.iter() if one.tag.endswith(("text", "title"))]
    assert shown in texts
    assert f"{shown}: {shown}" in texts, "the hint of the point"
    assert not re.search("[\u202a-\u202e\u200b]", picture)
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]


def test_two_pictures_on_a_page_do_not_share_an_id() -> None:
    pictures = [svg(figure("one"), alt="1"), svg(figure("two"), alt="2"), svg(figure(), alt="3")]
    pictures.append(svg(figure(), alt="4"))
    ids = [re.findall(r'\bid="([^"]+)"', picture) for picture in pictures]
    assert all(ids), "a mark is cut off at the edge"
    assert len({one for found in ids for one in found}) == sum(map(len, ids))
    for found, picture in zip(ids, pictures, strict=True):
        assert {f"#{name}" for name in found} == set(re.findall(r'"url\(([^)]+)\)"', picture))


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"url": "http://127.0.0.1:9/x.json"}},
        {"mark": {"type": "image", "url": "http://127.0.0.1:9/x.png"}},
        {"mark": "image"},
    ],
)
def test_nothing_is_fetched(changes: dict[str, Any]) -> None:
    spec = figure()
    spec["layer"][1].update(changes)
    with pytest.raises(ValueError, match="not allowed"):
        svg(spec, alt="")


def test_a_picture_has_the_size_and_the_colours_that_were_asked_for() -> None:
    assert 'viewBox="0 0 500 ' in svg(figure(), alt="", width=500)
    assert LIGHT.muted in svg(figure(), alt="")
    assert DARK.muted in svg(figure(), alt="", palette=DARK)
