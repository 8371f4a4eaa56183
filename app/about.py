"""About: what the app is, what its words mean, which model reads, versions and licences."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import streamlit as st

import elbert_core
from app.shared import resources, words
from app.shared.text import plain_markdown

PACKAGES = ("streamlit", "altair", "numpy", "torch", "transformers", "tokenizers")
HEADLINE = "What this is"
MODEL_NONE = "No trained model is at hand here."
MODEL_NO_CARD = "This model comes without a model card."
VERSIONS_HEADING = "Versions and device"
PRIVACY = (
    "Sentences are read on the machine that runs this app. They are not stored, not logged and not "
    "sent anywhere else; only the link in the address bar carries them."
)


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


st.title(HEADLINE)
text = Path(__file__).with_name("about.md").read_text(encoding="utf-8")
before, _, after = text.partition("<!-- their cards, made by the page -->")
st.markdown(before)
names = resources.checkpoint_names()
if not names:
    st.text(MODEL_NONE)
for name in names:
    with st.expander(plain_markdown(name), expanded=len(names) == 1):
        st.markdown(without_pictures(resources.model_card(name)) or MODEL_NO_CARD)
st.markdown(after)
st.header(VERSIONS_HEADING)
devices = ", ".join(words.DEVICE_NAMES[device] for device in resources.device_names())
st.text(f"Devices: {devices}")
st.text(", ".join(f"{package} {number}" for package, number in versions().items()))
st.caption(PRIVACY)
