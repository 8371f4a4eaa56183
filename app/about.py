"""About: what the app is, what its words mean, which model reads, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

import elbert_core
from app.shared import resources, wording
from app.shared.table_view import table_html
from app.shared.text import plain_markdown

PACKAGES = ("streamlit", "altair", "numpy", "torch", "transformers", "tokenizers")


def versions() -> dict[str, str]:
    """Versions of what computes and what draws; nothing is imported for it."""
    found = {"elbert": elbert_core.__version__, "Python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "–"
    return found


def without_pictures(card: str) -> str:
    """A model card whose pictures are only links, so that showing it fetches nothing."""
    return card.replace("![", "[")


st.title(wording.ABOUT_HEADLINE)
st.markdown(wording.ABOUT_TEXT)
st.markdown(wording.ABOUT_LIMITS)

st.header(wording.DEFINITIONS_HEADING)
st.html(table_html(wording.DEFINITION_COLUMNS, wording.DEFINITIONS))

st.header(wording.MODEL_HEADING)
names = resources.checkpoint_names()
if not names:
    st.text(wording.MODEL_NONE)
for name in names:
    with st.expander(plain_markdown(name), expanded=len(names) == 1):
        st.markdown(without_pictures(resources.model_card(name)) or wording.MODEL_NO_CARD)

st.header(wording.SOURCES_HEADING)
st.markdown(wording.SOURCES)

st.header(wording.VERSIONS_HEADING)
devices = ", ".join(wording.DEVICE_NAMES[device] for device in resources.device_names())
st.text(f"Devices: {devices}")
st.text(", ".join(f"{package} {number}" for package, number in versions().items()))
st.caption(wording.PRIVACY)
