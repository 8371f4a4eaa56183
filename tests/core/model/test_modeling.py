"""The model against transformers' own ALBERT, and the ways of loading it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForSequenceClassification,
    AlbertModel,
    AutoModel,
    AutoModelForSequenceClassification,
)

from elbert_core.errors import ConfigError
from elbert_core.model.modeling import ElbertConfig, ElbertForSequenceClassification
from tests.core.tiny_albert import SMALL, livelier, small_config


def inputs(rows: int = 4, tokens: int = 9) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(5, 60, (rows, tokens), generator=generator)
    mask = torch.ones(rows, tokens, dtype=torch.long)
    mask[1, 5:] = 0
    mask[3, 2:] = 0
    types = torch.zeros_like(ids)
    types[:, 4:] = 1
    return ids, mask, types


@torch.inference_mode()
def test_last_layer_equals_transformers(
    plain_albert: AlbertForSequenceClassification, plain_folder: Path
) -> None:
    ids, mask, types = inputs()
    ours = ElbertForSequenceClassification.from_pretrained(plain_folder).eval()
    theirs = plain_albert(ids, attention_mask=mask, token_type_ids=types).logits
    assert torch.equal(ours(ids, mask, types).logits, theirs)


@torch.inference_mode()
def test_every_hidden_state_equals_albert_model(plain_folder: Path) -> None:
    ids, mask, _ = inputs()
    ours = ElbertForSequenceClassification.from_pretrained(plain_folder).eval()
    albert = AlbertModel.from_pretrained(plain_folder).eval()
    theirs = albert(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    states = ours(ids, mask, output_hidden_states=True).hidden_states
    assert len(states) == SMALL["num_hidden_layers"] + 1
    # what stands before the first layer differs between releases: compare outputs
    for mine, other in zip(states[1:], theirs[1:], strict=True):
        assert torch.equal(mine, other)


def test_shared_head_adds_no_parameters(plain_albert: AlbertForSequenceClassification) -> None:
    ours = ElbertForSequenceClassification(small_config(3))
    assert {k: v.shape for k, v in ours.state_dict().items()} == {
        k: v.shape for k, v in plain_albert.state_dict().items()
    }


def test_loads_in_plain_transformers(
    tiny_model: ElbertForSequenceClassification, tmp_path: Path
) -> None:
    tiny_model.save_pretrained(tmp_path)
    plain = AlbertForSequenceClassification.from_pretrained(tmp_path).eval()
    ids, mask, _ = inputs()
    with torch.inference_mode():
        assert torch.equal(plain(ids, attention_mask=mask).logits, tiny_model(ids, mask).logits)


def test_auto_classes_know_it(tiny_folder: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny_folder)
    assert isinstance(model, ElbertForSequenceClassification)


def test_loads_an_encoder_without_classifier(tmp_path: Path) -> None:
    livelier(AlbertModel(AlbertConfig(**SMALL))).save_pretrained(tmp_path)
    model, info = ElbertForSequenceClassification.from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert set(info["missing_keys"]) == {"classifier.weight", "classifier.bias"}
    encoder = AutoModel.from_pretrained(tmp_path)
    assert torch.equal(model.albert.pooler.weight, encoder.pooler.weight)


@torch.inference_mode()
def test_per_layer_heads_start_as_copies(plain_folder: Path) -> None:
    ids, mask, _ = inputs()
    shared = ElbertForSequenceClassification.from_pretrained(plain_folder).eval()
    own = ElbertForSequenceClassification.from_pretrained(plain_folder, exit_heads="per_layer")
    own = own.eval()
    assert torch.equal(own(ids, mask).layer_logits, shared(ids, mask).layer_logits)
    own.exit_heads[2].classifier.weight.add_(1.0)
    changed = (own(ids, mask).layer_logits != shared(ids, mask).layer_logits).flatten(1).any(1)
    assert changed.tolist() == [False, False, True, False, False, False]


def test_per_layer_heads_survive_saving(plain_folder: Path, tmp_path: Path) -> None:
    own = ElbertForSequenceClassification.from_pretrained(plain_folder, exit_heads="per_layer")
    with torch.no_grad():
        own.exit_heads[0].classifier.bias.fill_(0.5)
    own.save_pretrained(tmp_path)
    again = ElbertForSequenceClassification.from_pretrained(tmp_path)
    assert again.config.exit_heads == "per_layer"
    assert again.exit_heads[0].classifier.bias.tolist() == [0.5] * 3
    assert not again.shares_everything


@torch.inference_mode()
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_padding_changes_nothing(pooling: str) -> None:
    model = livelier(ElbertForSequenceClassification(small_config(exit_pooling=pooling)))
    ids, mask, _ = inputs()
    padded = model(ids, mask).layer_logits
    for row, length in enumerate(mask.sum(1).tolist()):
        alone = model(ids[row : row + 1, :length]).layer_logits[:, 0]
        torch.testing.assert_close(padded[:, row], alone, atol=1e-5, rtol=1e-5)


@torch.inference_mode()
def test_attention_equals_the_eager_kernel(plain_folder: Path) -> None:
    ids, mask, _ = inputs()
    eager = AlbertModel.from_pretrained(plain_folder, attn_implementation="eager").eval()
    theirs = eager(ids, attention_mask=mask, output_attentions=True).attentions
    model = ElbertForSequenceClassification.from_pretrained(plain_folder).eval()
    hidden = model.embed(ids)
    expanded = model.expand_mask(mask, hidden)
    for layer_index, expected in enumerate(theirs):
        weights = model.attention_weights(hidden, expanded, layer_index)
        torch.testing.assert_close(weights, expected, atol=1e-5, rtol=1e-4)
        hidden = model.layer(hidden, expanded, layer_index)


@torch.inference_mode()
def test_several_layer_groups() -> None:
    config = AlbertConfig(**{**SMALL, "num_hidden_groups": 3})
    plain = livelier(AlbertForSequenceClassification(config))
    ours = ElbertForSequenceClassification(small_config(num_hidden_groups=3)).eval()
    ours.load_state_dict(plain.state_dict())
    ids, mask, _ = inputs()
    assert torch.equal(ours(ids, mask).logits, plain(ids, attention_mask=mask).logits)


def test_loss_is_the_mean_over_exits(tiny_model: ElbertForSequenceClassification) -> None:
    ids, mask, _ = inputs()
    gold = torch.tensor([0, 1, 1, 0])
    output = tiny_model(ids, mask, labels=gold)
    losses = [torch.nn.functional.cross_entropy(z, gold) for z in output.layer_logits]
    torch.testing.assert_close(output.loss, torch.stack(losses).mean())


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"exit_heads": "many"}, "exit_heads"), ({"exit_pooling": "max"}, "exit_pooling")],
)
def test_unknown_settings_are_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(Exception, match=message):
        ElbertForSequenceClassification(small_config(**settings))


def test_one_label_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least 2 labels"):
        ElbertForSequenceClassification(ElbertConfig(**SMALL, num_labels=1))
