"""The app as a server: `streamlit_app.py`, and quiet consoles for links to its inner pages.

    streamlit run server.py

`streamlit run streamlit_app.py` shows the same pages; this adds one thing. A browser that opens
/compare cannot know where the app's root is, so Streamlit's page asks /compare/_stcore/health first
and the root after that. The first answer is "not found", which browsers report as an error in the
console of everybody who follows a shared link. Here it is 300, which the page takes for the same
"not here" and which no browser reports.
"""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

CORE = "_stcore"
"""Where Streamlit's own service lies, under the app's root."""


class NotHere:
    """Answers questions for the service at any place but the app's root."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and elsewhere(scope["path"], root()):
            await Response(status_code=300)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def root() -> str:
    """Where the app is served, with a slash at both ends; "/" unless a deployment says so."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}/" if base else "/"


def elsewhere(path: str, base: str) -> bool:
    """Whether a path asks for the service, but not where it is, which is right under `base`."""
    return f"/{CORE}/" in path and not path.startswith(f"{base}{CORE}/")


app = st.App("streamlit_app.py", middleware=[Middleware(NotHere)])
