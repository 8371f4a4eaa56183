"""What a run reads: labels joined by name, changes noticed, settings checked before any work."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import BertForSequenceClassification, BertModel, BertTokenizerFast

from elbert_core.engine.engine import load_engine
from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation.recording import evaluate
from elbert_core.model.checkpoints import read_training, save_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import NeverExit
from elbert_core.training.distillation import DistillConfig
from elbert_core.training.packing import PackConfig
from elbert_core.training.students import label_settings, load_backbone
from elbert_core.training.teachers import TeacherConfig, finetune_teacher
from elbert_core.training.train import TrainConfig, TrainingModule, train
from tests.core.tiny_albert import bert_config, livelier, small_config

TEXTS = ["the film is great", "a dull plot", "very bad"]


def named(*names: str, heads: str = "shared", seed: int = 0) -> ElbertForSequenceClassification:
    config = small_config(len(names), exit_heads=heads, num_hidden_layers=3)
    for setting, value in label_settings(names).items():
        setattr(config, setting, value)
    torch.manual_seed(seed)
    return livelier(ElbertForSequenceClassification(config))


@pytest.fixture
def stored(tokenizer: BertTokenizerFast, tmp_path: Path) -> Callable[..., Path]:
    """Saves a model under a name."""

    def save(model: ElbertForSequenceClassification, name: str) -> Path:
        return save_checkpoint(model, tokenizer, tmp_path / name, training={}, dtype="float32")

    return save


def says(folder: Path) -> list[str]:
    engine = load_engine(folder)
    exits = engine.run(TEXTS, NeverExit())
    return [engine.label_names[label] for label in exits.label]


def settings(backbone: Path, data: Path, output: Path, **changes: Any) -> TrainConfig:
    common = {"precision": "fp32", "batch_size": 16, "evaluations": 1, "warmup_steps": 0}
    return TrainConfig(
        backbone=str(backbone), data=str(data), output=str(output), **{**common, **changes}
    )


# ----------------------------------------------------------------------------------- labels by name
@pytest.mark.parametrize("heads", ["shared", "per_layer"])
@pytest.mark.parametrize("names", [("b", "a", "c"), ("c", "a", "b"), ("a", "b", "c")])
def test_a_backbone_keeps_its_meaning_in_any_order(
    stored: Callable[..., Path], heads: str, names: tuple[str, ...]
) -> None:
    folder = stored(named("a", "b", "c", heads=heads), "backbone")
    before = load_backbone(folder, label_names=("a", "b", "c"), exit_heads=heads)
    after = load_backbone(folder, label_names=names, exit_heads=heads)
    ids = torch.randint(5, 20, (4, 6))
    with torch.inference_mode():
        ours, theirs = (m.eval()(ids).layer_logits for m in (after, before))
    columns = [("a", "b", "c").index(name) for name in names]
    torch.testing.assert_close(ours, theirs[..., columns])
    assert after.config.id2label == dict(enumerate(names))
    assert after.config.label2id == {name: i for i, name in enumerate(names)}


@pytest.mark.parametrize("names", [("x", "y", "z"), ("a", "b"), ("a", "b", "C"), tuple("abcd")])
def test_other_names_get_a_new_classifier(
    stored: Callable[..., Path], names: tuple[str, ...]
) -> None:
    theirs = named("a", "b", "c")
    ours = load_backbone(stored(theirs, "backbone"), label_names=names)
    assert ours.classifier.weight.shape == (len(names), 32)
    assert float(ours.classifier.bias.detach().abs().max()) == 0
    assert (
        float(ours.classifier.weight.detach().std()) < 0.1 < float(theirs.classifier.weight.std())
    )
    assert torch.equal(ours.albert.pooler.weight, theirs.albert.pooler.weight)


def test_untrained_it_says_what_its_backbone_says(
    stored: Callable[..., Path], toy_data: Path, tmp_path: Path
) -> None:
    backbone = stored(named("positive", "negative"), "backbone")
    student = train(settings(backbone, toy_data, tmp_path / "m", epochs=0))
    assert load_engine(student).label_names == ("negative", "positive")
    assert says(student) == says(backbone)


@pytest.mark.parametrize(
    ("names", "kept"),
    [(("positive", "negative"), True), (("bad", "good"), False), (("negative", "other"), False)],
)
def test_a_teacher_of_other_labels_gets_a_new_head(
    tokenizer: BertTokenizerFast, toy_data: Path, tmp_path: Path, names: list[str], kept: bool
) -> None:
    torch.manual_seed(0)
    start = BertForSequenceClassification(bert_config())
    start.config.id2label = dict(enumerate(names))
    start.config.label2id = {name: i for i, name in enumerate(names)}
    torch.nn.init.normal_(start.classifier.weight, std=5.0)
    start.save_pretrained(tmp_path / "start")
    tokenizer.save_pretrained(tmp_path / "start")
    folder = finetune_teacher(
        TeacherConfig(
            backbone=str(tmp_path / "start"),
            data=str(toy_data),
            output=str(tmp_path / "teacher"),
            max_steps=1,
            evaluations=1,
            learning_rate=1e-9,
            precision="fp32",
        )
    )
    made = BertForSequenceClassification.from_pretrained(folder)
    assert set(made.config.id2label.values()) == {"negative", "positive"}
    assert torch.allclose(made.bert.pooler.dense.weight, start.bert.pooler.dense.weight, atol=1e-5)
    head = made.classifier.weight.detach()
    if kept:
        assert tuple(made.config.id2label.values()) == names  # its rows mean what they meant
        assert torch.allclose(head, start.classifier.weight.detach(), atol=1e-5)
    else:
        assert float(head.std()) < 0.1


def test_a_teacher_is_understood_by_the_names_of_its_labels() -> None:
    student = named("a", "b", "c")
    logits = {}
    for names in (("a", "b", "c"), ("c", "a", "b")):
        teacher = BertForSequenceClassification(bert_config())
        teacher.config.id2label = dict(enumerate(names))
        torch.manual_seed(3)
        weight, bias = torch.randn(3, 32), torch.randn(3)
        rows = [("a", "b", "c").index(name) for name in names]
        teacher.classifier = torch.nn.Linear(32, 3)
        with torch.no_grad():
            for i, parameter in enumerate(teacher.bert.parameters()):
                parameter.copy_(torch.randn(parameter.shape, generator=torch.manual_seed(i)) * 0.1)
            teacher.classifier.weight.copy_(weight[rows])
            teacher.classifier.bias.copy_(bias[rows])
        teacher.num_labels = 3
        config = TrainConfig(
            backbone="-", data="-", output="-", teacher="-", teacher_weight=1.0, precision="fp32"
        )
        module = TrainingModule(student, config, teacher.eval()).train()
        ids = torch.arange(5, 17).view(2, 6)
        loss = module(ids, labels=torch.tensor([0, 1]))["loss"]
        logits[names] = float(loss.detach())
    first, second = logits.values()
    assert first == pytest.approx(second, rel=1e-5)
    teacher.config.id2label = {0: "a", 1: "b", 2: "d"}
    with pytest.raises(ConfigError, match="must be the student's a, b, c, got a, b, d"):
        TrainingModule(student, config, teacher)


# ------------------------------------------------------------------------------------ what changed
def copied(data: Path, folder: Path) -> Path:
    return shutil.copytree(data, folder / "data")


def edit(data: Path, split: str, change: Callable[[str], str]) -> None:
    path = data / f"{split}.tsv"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


CHANGES: list[tuple[str, Callable[[str], str]]] = [
    ("train", lambda text: text.replace("positive", "favourable")),
    ("train", lambda text: text + "\na film\tmixed"),
    ("train", lambda text: text + "\na film\tpositive"),
    ("train", lambda text: text.replace("great", "grand")),
    ("validation", lambda text: "\n".join(text.split("\n")[:-1])),
]


@pytest.mark.parametrize(("split", "change"), CHANGES)
def test_a_run_is_not_taken_up_with_other_data(
    stored: Callable[..., Path],
    toy_data: Path,
    tmp_path: Path,
    split: str,
    change: Callable[[str], str],
) -> None:
    data = copied(toy_data, tmp_path)
    config = settings(stored(named("a", "b"), "t"), data, tmp_path / "m", max_steps=2)
    train(config)
    edit(data, split, change)
    if "favourable" in (data / "train.tsv").read_text(encoding="utf-8"):
        edit(data, "validation", change)
    with pytest.raises(ConfigError, match="the data or its labels changed since the run in"):
        train(replace(config, max_steps=4))


def test_a_run_is_not_taken_up_with_another_model_of_the_same_name(
    stored: Callable[..., Path], toy_data: Path, tmp_path: Path
) -> None:
    config = settings(stored(named("a", "b"), "t"), toy_data, tmp_path / "m", max_steps=2)
    record = read_training(train(config))
    assert set(record["digests"]) >= {"data", "backbone"}
    model = named("a", "b")
    with torch.no_grad():
        model.classifier.bias += 1
    stored(model, "t")
    with pytest.raises(ConfigError, match="backbone changed since the run in"):
        train(config)


def test_the_first_table_stays(stored: Callable[..., Path], toy_data: Path, tmp_path: Path) -> None:
    first, second = (
        stored(named("positive", "negative", seed=seed), f"{seed}/best") for seed in (1, 2)
    )
    path = evaluate(first, toy_data, output=tmp_path / "out", timed_rows=0)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"is there already: give another name or output"):
        evaluate(second, toy_data, output=tmp_path / "out", timed_rows=0)
    assert path.read_bytes() == before
    other = evaluate(second, toy_data, output=tmp_path / "out", name="other", timed_rows=0)
    assert other != path


# ---------------------------------------------------------------------------------------- precision
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_a_backbone_is_trained_in_float32(
    tokenizer: BertTokenizerFast, toy_data: Path, tmp_path: Path, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    half = BertModel(bert_config()).to(dtype)
    half.save_pretrained(tmp_path / "half")
    tokenizer.save_pretrained(tmp_path / "half")
    assert load_backbone(tmp_path / "half").dtype == torch.float32
    teacher = finetune_teacher(
        TeacherConfig(
            backbone=str(tmp_path / "half"),
            data=str(toy_data),
            output=str(tmp_path / "teacher"),
            max_steps=3,
            warmup_steps=0,
            evaluations=1,
            learning_rate=1e-5,
            precision="fp32",
        )
    )
    trained = load_file(teacher / "model.safetensors")
    assert {v.dtype for v in trained.values()} == {torch.float32}
    start = half.state_dict()["encoder.layer.0.output.dense.weight"].float()
    moved = trained["bert.encoder.layer.0.output.dense.weight"] != start
    assert float(moved.float().mean()) > 0.5  # steps too small for half precision


# ----------------------------------------------------------------------------------------- settings
IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"batch_size": 0}, "batch_size must be at least 1, got 0"),
    ({"evaluations": 0}, "evaluations must be at least 1, got 0"),
    ({"n_layers": 0}, "n_layers must be at least 1, got 0"),
    ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
    ({"learning_rate": float("inf")}, "learning_rate must be above 0, got inf"),
    ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0"),
    ({"epochs": -1}, "epochs must be at least 0, got -1"),
    ({"max_tokens": 2}, "max_tokens must be at least 3, got 2"),
    ({"max_steps": 0}, "max_steps must be at least 1, or -1 for all, got 0"),
    ({"warmup_steps": -1}, "warmup_steps must be at least 0"),
    ({"weight_decay": -0.1}, "weight_decay must be at least 0"),
    ({"seed": -1}, "seed must be at least 0"),
    ({"seed": 2**32}, "seed must be under 2\\^32, got 4294967296"),
    ({"precision": "half"}, "precision must be"),
    ({"exit_heads": "none"}, "exit_heads must be one of shared, per_layer, got 'none'"),
    ({"exit_pooling": "max"}, "exit_pooling must be one of cls, mean"),
    ({"layer_weights": "big"}, "layer_weights must be one of equal, linear, learned"),
    ({"temperature": 0.0}, "temperature must be above 0"),
    ({"teacher_weight": float("nan")}, "teacher_weight must be in"),
    ({"hidden_weight": 1.0}, "hidden_weight needs a teacher"),
    ({"unlabelled_rows": 5}, "go together"),
    ({"teacher": "t", "unlabelled": ("x",)}, "go together"),
]


@pytest.mark.parametrize(("changes", "message"), IMPOSSIBLE)
def test_impossible_settings_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(backbone="-", data="-", output="-", **changes)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (DistillConfig, {"targets": "first"}, "targets must be one of each, last"),
        (DistillConfig, {"targets": "last", "n_layers": 1}, "need n_layers of at least 2"),
        (DistillConfig, {"sentences": 0}, "sentences must be at least 1"),
        (PackConfig, {"max_tokens": 0}, "max_tokens must be at least 3"),
    ],
)
def test_so_are_those_of_the_other_runs(
    kind: type[Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        kind(teacher="-", texts=("-",), output="-", **changes)


def test_an_output_is_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="output must be a folder, .*file is a file"):
        settings(tmp_path, tmp_path, tmp_path / "file")
    with pytest.raises(ConfigError, match="output must be another folder than backbone"):
        settings(tmp_path, tmp_path / "data", tmp_path / "x" / "..")


def test_texts_longer_than_the_model_reads(
    stored: Callable[..., Path], toy_data: Path, tmp_path: Path
) -> None:
    data = copied(toy_data, tmp_path)
    edit(data, "validation", lambda text: text.replace("film ", "film " * 60))
    config = settings(stored(named("a", "b"), "t"), data, tmp_path / "m", max_tokens=200)
    with pytest.raises(ConfigError, match="max_tokens must be at most 48, .* got 200"):
        train(config)
    assert not (tmp_path / "m").exists()
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    for split in ("train", "validation"):
        (pairs / f"{split}.tsv").write_text("text\ttext_b\tlabel\na\tgood\tx\na\tbad\ty\n")
    with pytest.raises(ConfigError, match="max_tokens must be at least 5 for these texts, got 4"):
        train(replace(config, data=str(pairs), max_tokens=4))
