"""Which requests the server answers itself."""

from __future__ import annotations

import pytest

from server import elsewhere


@pytest.mark.parametrize(
    ("path", "base", "answer"),
    [
        ("/compare/_stcore/health", "/", True),
        ("/a/b/_stcore/host-config", "/", True),
        ("/_stcore/health", "/", False),
        ("/compare", "/", False),
        ("/static/js/index.js", "/", False),
        ("/tool/_stcore/health", "/tool/", False),
        ("/tool/compare/_stcore/health", "/tool/", True),
        ("/_stcore", "/", False),
        ("", "/", False),
    ],
)
def test_only_questions_for_the_service_at_another_place(
    path: str, base: str, answer: bool
) -> None:
    assert elsewhere(path, base) is answer
