"""Every policy, setting, mode and problem has words, and the words keep to the house style."""

from __future__ import annotations

from app.shared import wording
from app.shared.presets import EXAMPLES, NAMES


def test_every_preset_has_a_title_and_a_remark() -> None:
    assert tuple(EXAMPLES) == NAMES
    assert all(one.title and one.remark and one.claim for one in EXAMPLES.values())


def test_remarks_promise_no_layer() -> None:
    # the model may be trained again; a remark says where to look, not what will be seen
    assert not any(c.isdigit() for one in EXAMPLES.values() for c in one.remark)


def test_modes_are_those_of_the_house() -> None:
    assert set(wording.MODES.values()) == {
        "stopped for real",
        "replayed from a full pass",
        "stored example",
        "opened file",
    }
    assert set(wording.MODE_HELP) == set(wording.MODES)


def test_spelling_is_british() -> None:
    words = " ".join(str(value) for name, value in vars(wording).items() if name.isupper())
    for american in ("normaliz", "color ", "behavior", "center", "misspelled", "analyze"):
        assert american not in words.replace("Color Universal Design", "")
