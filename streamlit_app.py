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

# What `app.shared.sheet` makes, on a page: the answer, legends and small tables.
PARTS = """<style>
.stHtml .verdict {display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.1rem 0.7rem;
  line-height: 1.25; font-size: 1.25rem}
.stHtml .verdict b {font-size: 1.9rem}
.stHtml .verdict strong {font-weight: 600}
.stHtml .former, .stHtml .former strong {font-size: 0.9rem; font-weight: 400}
.stHtml .former b {font-size: 1rem; font-weight: 400}
.stHtml .keys {display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; font-weight: 600}
.stHtml .wide {overflow-x: auto}
.stHtml table {border-collapse: collapse; border: none; font-size: 0.92rem}
.stHtml th, .stHtml td {border: none; padding: 0.2rem 0.8rem 0.2rem 0; vertical-align: top;
  text-align: left; font-weight: 400}
.stHtml tbody th {font-weight: 600}
.stHtml thead th {opacity: 0.7}
.stHtml td > span {white-space: nowrap}
</style>"""

# White on a primary button needs a dark blue, too dark to be text on a dark page.
READABLE = (
    "<style>button[data-selected='true'], button[data-selected='true'] p,"
    " [data-testid=stSliderThumbValue], [data-testid=stSliderThumbValue] p"
    " {color: #7cc4ee}</style>"  # the theme's colour of links
)

st.set_page_config(page_title=common.APP_TITLE, page_icon=str(ICON), layout="wide")
st.html(TIGHTER)
st.html(PARTS)
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
