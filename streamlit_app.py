"""The app's entry: page settings and navigation, nothing else.

streamlit run streamlit_app.py
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.compare import words as compare
from app.learn import words as learn
from app.shared import words as common
from app.tradeoff import words as tradeoff

ICON = Path(__file__).resolve().parent / "app" / "icon.png"

# The default leaves a hand's breadth empty above every page, and the answer should be in sight.
TIGHTER = "<style>.stMainBlockContainer {padding-top: 4.25rem; padding-bottom: 4rem}</style>"

# White on a primary button needs a dark blue, too dark to be text on a dark page.
READABLE = (
    "<style>button[data-selected='true'], button[data-selected='true'] p,"
    " [data-testid=stSliderThumbValue], [data-testid=stSliderThumbValue] p"
    " {color: #7cc4ee}</style>"  # the theme's colour of links
)

st.set_page_config(page_title=common.APP_TITLE, page_icon=str(ICON), layout="wide")
st.html(TIGHTER)
if st.context.theme.type == "dark":
    st.html(READABLE)
st.navigation(
    [
        st.Page(
            "app/inspect/page.py",
            title=common.PAGE_INSPECT,
            url_path="inspect",
            default=True,
        ),
        st.Page("app/compare/page.py", title=compare.PAGE, url_path="compare"),
        st.Page("app/tradeoff/page.py", title=tradeoff.PAGE, url_path="tradeoff"),
        st.Page("app/learn/page.py", title=learn.PAGE, url_path="learn"),
        st.Page("app/about.py", title=common.PAGE_ABOUT, url_path="about"),
    ],
    position="top",
).run()
