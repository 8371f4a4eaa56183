"""Reads and drives the Inspect page as a visitor would: by its words and keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.shared import widgets
from app.shared import words as common
from app.shared.visit import Visit
from app.tradeoff.visit import TradeoffVisit

ROOT = Path(__file__).resolve().parents[2]


def read(app: AppTest, sentence: str) -> AppTest:
    """Type a sentence and press Read."""
    app.text_area(key="inspect.text").set_value(sentence)
    app.button(key="inspect.read").click().run()
    assert not app.exception, app.exception
    return app


def choose_policy(app: AppTest, kind: str) -> AppTest:
    """Pick a stopping rule."""
    app.selectbox(key=key(app, "inspect.policy")).set_value(kind).run()
    assert not app.exception, app.exception
    return app


def trade_off(app: AppTest) -> AppTest:
    """Go to the Trade-off page."""
    app.switch_page("app/tradeoff/page.py").run()
    assert not app.exception, app.exception
    return app


def trade_off_visit(app: AppTest) -> TradeoffVisit:
    """What the Trade-off page remembers of the visit."""
    found: TradeoffVisit = app.session_state[f"{TradeoffVisit.__module__}.TradeoffVisit"]
    return found


def visit(app: AppTest) -> Visit:
    """What the pages remember of the visit."""
    found: Visit = app.session_state[f"{Visit.__module__}.{Visit.__name__}"]
    return found


def key(app: AppTest, name: str) -> str:
    """The key under which a widget that the page sets is drawn now."""
    count = f"{widgets.COUNT}{name}"
    return f"{name}.again{app.session_state[count]}" if count in app.session_state else name


def group(app: AppTest, name: str) -> Any:
    """A row of buttons of which one is chosen."""
    (found,) = [one for one in app.get("button_group") if one.key == key(app, name)]
    return found


def verdict(app: AppTest) -> str:
    """The verdict line as HTML."""
    found = [body for body in htmls(app) if 'role="status"' in body]
    assert len(found) == 1
    return found[0]


def words_of(html: str) -> str:
    """An HTML text without its tags."""
    return re.sub("<[^>]*>", "", html)


def captions(app: AppTest) -> str:
    """All captions as one text, their Markdown escapes taken out."""
    return " ".join(str(element.value) for element in app.caption).replace("\\", "")


def htmls(app: AppTest) -> list[str]:
    """The bodies of all HTML elements."""
    return [str(element.proto.body) for element in app.get("html")]


def mode(app: AppTest) -> str:
    """Which of the three modes the badge names."""
    text = " ".join(str(element.value) for element in app.markdown)
    found = [name for name in common.MODES.values() if f"{name}]" in text]
    assert len(found) == 1, text
    return found[0]


def warnings(app: AppTest) -> str:
    """All warnings as one text, their Markdown escapes taken out."""
    return " ".join(str(element.value) for element in app.warning).replace("\\", "")


def figure(app: AppTest) -> dict[str, Any]:
    """The specification of the score."""
    (chart,) = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    spec: dict[str, Any] = json.loads(chart.proto.spec)
    return spec


def chart_rows(app: AppTest, name: str) -> list[dict[str, Any]]:
    """The rows of one mark of the score."""
    (found,) = [part for part in figure(app)["layer"] if part["name"] == name]
    rows: list[dict[str, Any]] = found["data"]["values"]
    return rows


def exit_layer(app: AppTest) -> int:
    """Where the figure's exit mark stands."""
    (mark,) = chart_rows(app, "exit_mark")
    return int(mark["x"])


def shown_text(app: AppTest) -> str:
    """All plain text on the page."""
    return "\n".join(str(element.value) for element in app.get("text"))


def at(page: str) -> AppTest:
    """The app, not yet run, opened straight at a page: `switch_page` only knows pages once run."""
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app._page_hash = calc_hash(page)
    return app
