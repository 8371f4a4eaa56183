"""A tiny random ELBERT on disk: real files, real tokenizer, no knowledge. For pages and browser."""

from __future__ import annotations

from pathlib import Path

WORDS = [
    "a",
    "an",
    "the",
    "not",
    "film",
    "movie",
    "plot",
    "it",
    "is",
    "was",
    "and",
    "but",
    "funny",
    "warm",
    "dull",
    "bad",
    "good",
    "great",
    "boring",
]


def save_tiny_checkpoint(folder: Path, *, n_layers: int = 12, max_tokens: int = 64) -> Path:
    """Write a checkpoint with two labels whose weights are random but always the same."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    from elbert_core.model.checkpoints import save_checkpoint
    from elbert_core.model.modeling import ElbertConfig, ElbertForSequenceClassification

    letters = [f"{c}" for c in "abcdefghijklmnopqrstuvwxyz0123456789.,!?'"]
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces += [*WORDS, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=max_tokens,
    )
    torch.manual_seed(5)
    config = ElbertConfig(
        vocab_size=len(vocabulary),
        embedding_size=16,
        hidden_size=32,
        num_hidden_layers=n_layers,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=max_tokens,
        num_labels=2,
        id2label={0: "negative", 1: "positive"},
        label2id={"negative": 0, "positive": 1},
        initializer_range=0.2,
    )
    model = ElbertForSequenceClassification(config).eval()
    return save_checkpoint(
        model, fast, folder, training={"data": "none"}, model_card="# Tiny\n\nRandom."
    )
