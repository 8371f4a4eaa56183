"""Training end to end on a toy task: it learns, resumes, saves what it should and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from transformers import BertForSequenceClassification, BertModel, BertTokenizerFast

from elbert_core.engine.engine import load_engine
from elbert_core.errors import CheckpointError, ConfigError
from elbert_core.model.checkpoints import load_checkpoint, read_training
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import NeverExit
from elbert_core.training.distillation import DistillConfig, distill
from elbert_core.training.students import (
    BERT_TO_ALBERT,
    load_backbone,
    resolve_model,
    shared_student,
)
from elbert_core.training.teachers import TeacherConfig, finetune_teacher
from elbert_core.training.train import ElbertTrainer, TrainConfig, TrainingModule, train
from tests.core.tiny_albert import GOOD, WORDS, bert_config, small_config


def settings(backbone: Path, data: Path, output: Path) -> TrainConfig:
    return TrainConfig(
        backbone=str(backbone),
        data=str(data),
        output=str(output),
        n_layers=4,
        exit_pooling="mean",
        learning_rate=3e-3,
        batch_size=16,
        epochs=6,
        warmup_steps=5,
        evaluations=3,
        precision="fp32",
    )


@pytest.fixture(scope="module")
def trained(bert_folder: Path, toy_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("trained") / "toy"
    return train(replace(settings(bert_folder, toy_data, output), layer_weights="learned"))


def test_it_learns_at_every_depth(trained: Path) -> None:
    record = read_training(trained)
    accuracies = record["results"]["validation"]["layer_accuracy"]
    assert min(accuracies) > 0.8  # one in two by chance
    assert accuracies[-1] > 0.9
    assert record["results"]["picked_on_even_rows"]["rows"] == 20
    assert record["results"]["reported_on_odd_rows"]["rows"] == 20


def test_recorded_accuracy_is_what_the_checkpoint_scores(trained: Path, toy_data: Path) -> None:
    from elbert_core.data.texts import load_table

    table, engine = load_table(toy_data, "validation"), load_engine(trained)
    exits = engine.run(table.inputs(), NeverExit())
    recorded = read_training(trained)["results"]["validation"]["layer_accuracy"][-1]
    assert float(np.mean(exits.label == table.labels)) == pytest.approx(recorded, abs=0.026)


def test_the_checkpoint_runs(trained: Path) -> None:
    engine = load_engine(trained)
    exits = engine.run(["a great film", "the plot was awful"], NeverExit())
    assert [engine.label_names[i] for i in exits.label] == ["positive", "negative"]


def test_learned_weights_move_and_are_recorded(trained: Path) -> None:
    record = read_training(trained)
    assert sum(record["layer_weights"]) == pytest.approx(4, abs=1e-4)
    assert record["layer_weights"][:-1] != pytest.approx([0.982] * 3, abs=1e-3)
    assert len(record["layer_weight_history"]) > 1
    assert "layer_weights.logits" not in load_checkpoint(trained)[0].state_dict()


def test_card_figures_come_from_the_record(trained: Path) -> None:
    card = (trained / "MODEL_CARD.md").read_text(encoding="utf-8")
    for accuracy in read_training(trained)["results"]["validation"]["layer_accuracy"]:
        assert f"{accuracy:.4f}" in card


def test_weight_group_has_its_own_rate_and_is_cleared(tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    config = TrainConfig(backbone="-", data="-", output=output, layer_weights="learned")
    module = TrainingModule(ElbertForSequenceClassification(small_config()), config)
    from elbert_core.training.runs import training_arguments

    rows = Dataset.from_dict({"input_ids": [[2, 3]] * 64})
    arguments = training_arguments(rows, config)
    trainer = ElbertTrainer(module, arguments)
    optimizer = trainer.create_optimizer()
    own = [g for g in optimizer.param_groups if module.layer_weights.logits in set(g["params"])]
    assert [(g["lr"], g["weight_decay"], len(g["params"])) for g in own] == [(1e-2, 0.0, 1)]
    everything = [p for g in optimizer.param_groups for p in g["params"]]
    assert len(everything) == len(set(everything)) == len(list(module.parameters()))
    ids = torch.randint(5, 20, (2, 4))
    module(ids, labels=torch.tensor([0, 1]))["loss"].backward()
    assert module.layer_weights.logits.grad is not None
    module.zero_grad()
    assert module.layer_weights.logits.grad is None


def test_an_interrupted_run_goes_on(bert_folder: Path, toy_data: Path, tmp_path: Path) -> None:
    config = settings(bert_folder, toy_data, tmp_path / "m")
    train(replace(config, max_steps=20))
    folder = train(replace(config, max_steps=40))
    record = read_training(folder)
    assert (record["resumed"], record["steps"]) == (True, 40)


def test_same_seed_same_model(bert_folder: Path, toy_data: Path, tmp_path: Path) -> None:
    states = []
    for name in ("a", "b"):
        config = settings(bert_folder, toy_data, tmp_path / name)
        states.append(load_checkpoint(train(replace(config, max_steps=8)))[0].state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_teacher_and_unlabelled_texts(bert_folder: Path, toy_data: Path, tmp_path: Path) -> None:
    teacher = finetune_teacher(
        TeacherConfig(
            backbone=str(bert_folder),
            data=str(toy_data),
            output=str(tmp_path / "teacher"),
            learning_rate=3e-3,
            batch_size=16,
            epochs=6,
            warmup_steps=5,
            precision="fp32",
        )
    )
    assert json.loads((teacher / "training.json").read_text())["accuracy"]["validation"] > 0.9
    plain = tmp_path / "plain.jsonl"
    plain.write_text(
        "\n".join(json.dumps({"text": f"the film was {w} and {v}"}) for w in GOOD for v in WORDS),
        encoding="utf-8",
    )
    config = replace(
        settings(teacher, toy_data, tmp_path / "student"),
        teacher=str(teacher),
        hidden_weight=0.5,
        unlabelled=(str(plain),),
        unlabelled_rows=30,
    )
    record = read_training(train(config))
    assert record["data"]["unlabelled_rows"] == 30
    assert len(record["teacher_digest"]) == 64
    assert record["results"]["validation"]["layer_accuracy"][-1] > 0.9


def test_distillation_brings_states_closer(
    bert_folder: Path, toy_data: Path, tmp_path: Path
) -> None:
    folder = distill(
        DistillConfig(
            teacher=str(bert_folder),
            texts=(str(toy_data),),
            output=str(tmp_path / "student"),
            n_layers=6,
            learning_rate=3e-3,
            batch_size=16,
            epochs=8,
            warmup_steps=5,
            precision="fp32",
        )
    )
    losses = [entry["loss"] for entry in read_training(folder)["losses"]]
    assert losses[-1] < 0.7 * losses[0]
    backbone = load_backbone(folder, label_names=("x", "y", "z"))
    assert backbone.config.num_labels == 3
    assert backbone.n_layers == 6


def test_student_is_the_average_of_the_layers(bert_folder: Path) -> None:
    teacher = BertModel.from_pretrained(bert_folder)
    student = shared_student(teacher, n_layers=5)
    layer = student.first_layer()
    for theirs, ours in BERT_TO_ALBERT.items():
        weights = [b.get_submodule(theirs).weight for b in teacher.encoder.layer]
        expected = sum(w.double() for w in weights) / 3
        np.testing.assert_allclose(
            layer.get_submodule(ours).weight.detach(), expected.detach(), atol=1e-6
        )
    ids = torch.randint(5, 20, (2, 6))
    with torch.inference_mode():
        assert torch.allclose(student.embed(ids), teacher.embeddings(ids), atol=1e-6)


def test_a_teacher_of_one_repeated_layer_is_copied_exactly() -> None:
    torch.manual_seed(0)
    bert = BertModel(bert_config()).eval()
    for block in bert.encoder.layer[1:]:
        block.load_state_dict(bert.encoder.layer[0].state_dict())
    student = shared_student(bert, n_layers=3).eval()
    ids, mask = torch.randint(5, 20, (3, 7)), torch.ones(3, 7, dtype=torch.long)
    mask[1, 4:] = 0
    with torch.inference_mode():
        theirs = bert(ids, attention_mask=mask, output_hidden_states=True).hidden_states
        ours = student(ids, mask, output_hidden_states=True).hidden_states
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a[mask.bool()], b[mask.bool()], atol=1e-5, rtol=1e-5)


def test_bad_settings_are_refused(bert_folder: Path, toy_data: Path, tmp_path: Path) -> None:
    good = settings(bert_folder, toy_data, tmp_path / "m")
    with pytest.raises(ConfigError, match=r"teacher_weight must be in \[0, 1\], got 2"):
        replace(good, teacher_weight=2.0)
    with pytest.raises(ConfigError, match="need a teacher"):
        replace(good, unlabelled=("x",))
    with pytest.raises(ConfigError, match="precision"):
        train(replace(good, precision="half"))
    with pytest.raises(CheckpointError, match="cannot load"):
        train(replace(good, backbone=str(tmp_path)))
    with pytest.raises(CheckpointError, match="not installed"):
        resolve_model("package:no_such_package_here/model")
    with pytest.raises(ConfigError, match="at least one source"):
        DistillConfig(teacher="x", texts=(), output="y")


def test_teacher_must_fit(
    bert_folder: Path, toy_data: Path, tokenizer: BertTokenizerFast, tmp_path: Path
) -> None:
    config = bert_config()
    config.num_labels = 5
    BertForSequenceClassification(config).save_pretrained(tmp_path / "five")
    tokenizer.save_pretrained(tmp_path / "five")
    wanted = replace(
        settings(bert_folder, toy_data, tmp_path / "m"), teacher=str(tmp_path / "five")
    )
    with pytest.raises(
        ConfigError, match="must be the student's negative, positive, got LABEL_0, LABEL_1"
    ):
        train(wanted)
