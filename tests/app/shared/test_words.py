"""Every policy, setting, mode and problem has words, and the words keep to the house style."""

from __future__ import annotations

from pathlib import Path

from app.shared import words as common
from app.shared.presets import EXAMPLES, NAMES


def test_every_preset_has_a_title_and_a_remark() -> None:
    assert tuple(EXAMPLES) == NAMES
    assert all(one.title and one.remark and one.claim for one in EXAMPLES.values())


def test_remarks_promise_no_layer() -> None:
    # the model may be trained again; a remark says where to look, not what will be seen
    assert not any(c.isdigit() for one in EXAMPLES.values() for c in one.remark)


def test_modes_are_those_of_the_house() -> None:
    assert set(common.MODES.values()) == {
        "stopped for real",
        "replayed from a full pass",
        "stored example",
        "opened file",
    }
    assert set(common.MODE_HELP) == set(common.MODES)


def test_spelling_is_british(root: Path) -> None:
    fixed = [str(value) for name, value in vars(common).items() if name.isupper()]
    words = " ".join([*fixed, (root / "app" / "about.md").read_text(encoding="utf-8")])
    for american in ("normaliz", "color ", "behavior", "center", "misspelled", "analyze"):
        assert american not in words.replace("Color Universal Design", "")
