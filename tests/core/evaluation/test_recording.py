"""Tables made by a model: what the engine says, resumed, refused; and the commands around them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from elbert_core.cli.main import app
from elbert_core.data.texts import TextTable
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation import recording
from elbert_core.evaluation.sweeps import (
    policy_grids,
    sweep,
)
from elbert_core.evaluation.tables import load_evaluation, save_evaluation
from elbert_core.policies import (
    ConfidenceWindow,
    NeverExit,
    policy_to_dict,
    replay,
)
from elbert_core.policy_files import load_policy
from tests.core.evaluation.test_tables import assert_same
from tests.core.evaluation_cases import make_table
from tests.core.tiny_albert import WORDS


# --------------------------------------------------------------------------------------- recording
@pytest.fixture(scope="module")
def toy_texts() -> TextTable:
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(WORDS, size=rng.integers(1, 12))) for _ in range(50)]
    texts[7] = " ".join(["good"] * 90)  # longer than the model reads
    return TextTable(texts, None, rng.integers(0, 2, size=50), ("label0", "label1"))


@pytest.fixture(scope="module")
def toy_folder(toy_texts: TextTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "toy"
    folder.mkdir()
    lines = [
        f"{text}\t{toy_texts.label_names[label]}"
        for text, label in zip(toy_texts.texts, toy_texts.labels, strict=True)
    ]
    (folder / "validation.tsv").write_text("text\tlabel\n" + "\n".join(lines), encoding="utf-8")
    return folder


def test_the_table_is_what_the_engine_says(
    tiny_engine: EarlyExitEngine, toy_texts: TextTable
) -> None:
    made = recording.record(
        tiny_engine, toy_texts, name="t", data="toy", split="validation", batch_size=8, timed_rows=3
    )
    full = tiny_engine.run(toy_texts.inputs(), NeverExit())
    # two orders of summation in float32
    np.testing.assert_allclose(made.probs[-1], full.probs, atol=1e-5)
    np.testing.assert_array_equal(made.n_tokens, full.n_tokens)
    np.testing.assert_array_equal(made.gold, toy_texts.labels)
    assert made.n_tokens.max() == tiny_engine.max_tokens
    trace = tiny_engine.trace(toy_texts.texts[5])
    np.testing.assert_allclose(made.probs[:, 5], trace.probs, atol=1e-5)
    policy = ConfidenceWindow(3, 0.2)
    early, replayed = tiny_engine.run(toy_texts.inputs(), policy), replay(policy, made.probs)
    assert np.mean(early.exit_layer == replayed.exit_layer) > 0.95
    assert made.layer_ms.min() > 0
    assert made.timed_rows == 3


def test_pairs_are_read_as_the_engine_reads_them(
    tiny_engine: EarlyExitEngine, toy_texts: TextTable
) -> None:
    few = toy_texts.take(range(6))
    pairs = TextTable(few.texts, few.texts[::-1], few.labels, few.label_names)
    made = recording.record(tiny_engine, pairs, name="t", data="toy", split="s", timed_rows=0)
    full = tiny_engine.run(pairs.inputs(), NeverExit())
    np.testing.assert_allclose(made.probs[-1], full.probs, atol=1e-5)
    assert made.timed_rows == 0


def test_an_interrupted_run_goes_on_and_gives_the_same_table(
    tiny_folder: Path, toy_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "PIECE_BATCHES", 2)
    settings_ = {"batch_size": 4, "timed_rows": 2, "device": "cpu"}
    whole = load_evaluation(
        recording.evaluate(tiny_folder, toy_folder, output=tmp_path / "whole", **settings_)
    )

    class InterruptedError_(Exception):
        pass

    def stop(done: int, _: int) -> None:
        if done >= 16:
            raise InterruptedError_

    with pytest.raises(InterruptedError_):
        recording.evaluate(
            tiny_folder, toy_folder, output=tmp_path / "cut", progress=stop, **settings_
        )
    pieces = sorted((tmp_path / "cut" / f"{whole.name}.pieces").glob("piece-*"))
    assert len(pieces) == 2
    pieces[0].write_bytes(pieces[0].read_bytes()[:-7])  # a damaged piece is made again

    calls = []
    full_depth = EarlyExitEngine.read_batch
    monkeypatch.setattr(
        EarlyExitEngine, "read_batch", lambda *given: calls.append(1) or full_depth(*given)
    )
    path = recording.evaluate(tiny_folder, toy_folder, output=tmp_path / "cut", **settings_)
    assert len(calls) == 11  # 13 batches, 2 of them in the good piece
    assert_same(load_evaluation(path), whole, but=("layer_ms", "date"))
    assert sorted(p.name for p in path.parent.iterdir()) == [
        path.name,
        path.with_suffix(".safetensors").name,
    ]


def test_pieces_of_another_run_are_not_used(
    tiny_folder: Path, toy_texts: TextTable, tmp_path: Path
) -> None:
    engine = load_engine(tiny_folder, device="cpu")
    other = toy_texts.take(range(49, -1, -1))
    for texts in (other, toy_texts):
        made = recording.record(
            engine, texts, name="t", data="toy", split="s", timed_rows=0, pieces=tmp_path
        )
    fresh = recording.record(engine, toy_texts, name="t", data="toy", split="s", timed_rows=0)
    np.testing.assert_array_equal(made.probs, fresh.probs)


def test_what_cannot_be_recorded_is_refused(
    tiny_engine: EarlyExitEngine, tiny_folder: Path, toy_texts: TextTable, toy_folder: Path
) -> None:
    def record(texts: TextTable, **given: int) -> None:
        recording.record(tiny_engine, texts, name="t", data="toy", split="s", **given)

    with pytest.raises(InputError, match="row 1 of toy"):
        record(replace(toy_texts.take([0, 1]), texts=["good", "  "]))
    with pytest.raises(InputError, match="labels of toy must be label0, label1"):
        record(replace(toy_texts, label_names=("label1", "label0")))
    with pytest.raises(ConfigError, match="batch_size must be at least 1"):
        record(toy_texts, batch_size=0)
    with pytest.raises(ConfigError, match="must be a file name"):
        recording.evaluate(tiny_folder, toy_folder, output="unused", name="../up")


@pytest.fixture
def elbert(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The command line, run here: standard output of a command that must succeed."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> str:
        result = CliRunner().invoke(app, [str(word) for word in words])
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return run


def test_commands_from_a_checkpoint_to_a_saved_policy(
    elbert: Callable[..., str], tiny_folder: Path, toy_folder: Path, tmp_path: Path
) -> None:
    data = ("--data", toy_folder, "--output", tmp_path, "--device", "cpu", "--timed-rows", 2)
    path = Path(elbert("evaluate", tiny_folder, *data).strip())
    stored = load_evaluation(path)
    assert (stored.checkpoint, stored.data, stored.split) == ("tiny", "toy", "validation")
    points = json.loads(elbert("sweep", path, "--family", "entropy", "--json"))["points"]
    expected = sweep(stored, policies=policy_grids(6, 2)["entropy"])
    assert [p["accuracy"] for p in points["entropy"]] == [p.accuracy for p in expected]
    assert "speed-up" in elbert("sweep", path)
    saved = tmp_path / "mine.json"
    tuned = json.loads(elbert("tune", path, "--max-loss", 0.4, "--save", saved, "--json"))
    assert tuned["risk"] == "disagreement"
    assert policy_to_dict(load_policy(saved)) == tuned["policy"]
    assert "Report on" in elbert("tune", path, "--max-loss", 0.4, "--risk", "accuracy")
    assert "Conformal" in elbert("tune", path, "--max-loss", 0.4, "--method", "conformal")
    scored = elbert(
        "score", toy_folder / "validation.tsv", "--checkpoint", tiny_folder, "--policy", saved,
        "--device", "cpu",
    )  # fmt: skip
    assert len([line for line in scored.splitlines() if line.startswith("{")]) == 50


def test_commands_say_what_they_do_not_take(elbert: Callable[..., str], tmp_path: Path) -> None:
    path = save_evaluation(make_table(), tmp_path)
    with pytest.raises(InputError, match=r"cannot certify .* needs at least 408"):
        elbert("tune", path)
    with pytest.raises(ConfigError, match="risk must be one of"):
        elbert("tune", path, "--risk", "none")
    with pytest.raises(ConfigError, match="method must be"):
        elbert("tune", path, "--method", "guess")
    with pytest.raises(ConfigError, match="family must be one of"):
        elbert("sweep", path, "--family", "horoscope")
    with pytest.raises(InputError, match=r"cannot read .*missing\.json"):
        elbert("score", path, "--policy", tmp_path / "missing.json")
