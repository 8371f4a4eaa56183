"""What had been read: accumulated attention, words and pieces, leaving words out."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elbert_core.errors import InputError
from elbert_core.policies import ConfidenceThreshold, FixedLayer
from elbert_core.reading.attention import accumulate, by_word, pooled, reading
from elbert_core.reading.left_out import ablation, confidence_area, stability
from elbert_core.reading.words import (
    group_pieces,
    join_pieces,
    split_words,
    with_word,
    without_word,
)


def some_attention(layers: int = 4, heads: int = 3, tokens: int = 5, seed: int = 1) -> np.ndarray:
    raw = np.random.default_rng(seed).random((layers, heads, tokens, tokens)) ** 4
    return (raw / raw.sum(axis=-1, keepdims=True)).astype(np.float32)


def slow_product(matrices: list[list[list[float]]]) -> list[list[float]]:
    """A_l ... A_2 A_1 in scalar lines."""
    size = len(matrices[0])
    reached = [[float(i == j) for j in range(size)] for i in range(size)]
    for layer in matrices:
        reached = [
            [sum(layer[i][k] * reached[k][j] for k in range(size)) for j in range(size)]
            for i in range(size)
        ]
    return reached


def test_the_raw_product_is_that_of_each_head() -> None:
    attention = some_attention()
    found = accumulate(attention, residual=False)
    for layer in range(1, 5):
        for head in range(3):
            expected = slow_product(attention[:layer, head].tolist())
            # float32 rows, each divided by its own sum
            np.testing.assert_allclose(found[layer - 1, head], expected, atol=1e-6)


def test_the_rollout_mixes_in_the_own_token_after_averaging_heads() -> None:
    attention = some_attention()
    mean = attention.astype(float).mean(axis=1)
    mixed = [(0.5 * a + 0.5 * np.eye(5)).tolist() for a in mean]
    expected = np.array(slow_product(mixed))
    found = reading(attention, method="rollout", pooling="cls")
    np.testing.assert_allclose(found[-1], expected[0], atol=1e-6)
    averaged = reading(attention, method="rollout", pooling="mean")
    np.testing.assert_allclose(averaged[-1], expected.mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("method", ["raw", "rollout"])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_every_layer_shares_out_exactly_one(method: str, pooling: str) -> None:
    # four decimals, as stored traces keep them
    attention = np.round(some_attention(layers=12, tokens=9), 4)
    found = reading(attention, method=method, pooling=pooling)  # type: ignore[arg-type]
    assert found.shape == (12, 9)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-12)
    assert (found >= 0).all()


def test_one_head_can_be_followed_alone() -> None:
    attention = some_attention()
    heads = [reading(attention, method="raw", pooling="cls", head=h) for h in range(3)]
    np.testing.assert_allclose(
        np.mean(heads, axis=0), reading(attention, method="raw", pooling="cls"), atol=1e-12
    )
    with pytest.raises(InputError, match="head must lie in"):
        reading(attention, method="raw", pooling="cls", head=3)


def test_attention_to_oneself_reads_nothing_else() -> None:
    stay = np.broadcast_to(np.eye(4), (3, 2, 4, 4))
    for residual in (False, True):
        np.testing.assert_array_equal(accumulate(stay, residual=residual)[-1, 0], np.eye(4))


def test_what_is_no_attention_is_refused() -> None:
    for wrong in (np.ones((2, 3)), np.ones((2, 3, 4)), np.ones((2, 3, 3)), np.full((1, 2, 2), -1)):
        with pytest.raises(InputError):
            accumulate(wrong, residual=False)


def test_pooling_reads_the_first_row_or_all() -> None:
    shares = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert pooled(shares, "cls").tolist() == [1.0, 0.0]
    assert pooled(shares, "mean").tolist() == [0.75, 0.25]


def test_pieces_are_added_up_by_word() -> None:
    tokens = ("[CLS]", "fun", "##n", "##y", ",", "film", "[SEP]")
    groups = group_pieces(tokens)
    assert groups == ((0,), (1, 2, 3), (4,), (5,), (6,))
    assert [join_pieces(tokens, group) for group in groups] == [
        "[CLS]",
        "funny",
        ",",
        "film",
        "[SEP]",
    ]
    shares = by_word(np.array([[0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1]]), groups)
    np.testing.assert_allclose(shares, [[0.1, 0.4, 0.2, 0.2, 0.1]])


def test_sentencepiece_marks_starts_instead() -> None:
    tokens = ("[CLS]", "▁beaut", "ifully", "▁act", "ed", ".", "[SEP]")
    assert group_pieces(tokens) == ((0,), (1, 2), (3, 4), (5,), (6,))
    assert join_pieces(tokens, (1, 2)) == "beautifully"


@given(st.lists(st.sampled_from(["[CLS]", "a", "##b", "▁c", "d", ".", "<unk>"]), min_size=1))
def test_every_piece_belongs_to_exactly_one_word(tokens: list[str]) -> None:
    groups = group_pieces(tuple(tokens))
    assert [index for group in groups for index in group] == list(range(len(tokens)))


SENTENCE = "Oh, it's a warm, well-made (and funny) film."


def test_words_keep_their_apostrophes_and_hyphens() -> None:
    words = [word.text for word in split_words(SENTENCE)]
    assert words == ["Oh", "it's", "a", "warm", "well-made", "and", "funny", "film"]


@pytest.mark.parametrize(
    ("word", "left"),
    [
        ("Oh", ", it's a warm, well-made (and funny) film."),
        ("warm", "Oh, it's a, well-made (and funny) film."),
        ("a", "Oh, it's warm, well-made (and funny) film."),
        ("and", "Oh, it's a warm, well-made (funny) film."),
        ("funny", "Oh, it's a warm, well-made (and) film."),
        ("film", "Oh, it's a warm, well-made (and funny)."),
    ],
)
def test_a_word_leaves_no_gap(word: str, left: str) -> None:
    (found,) = [w for w in split_words(SENTENCE) if w.text == word]
    shorter = without_word(SENTENCE, found)
    assert shorter.replace("( ", "(") == left
    assert "  " not in shorter


@given(st.text(alphabet="ab ,.'-(é)", max_size=40))
def test_taking_words_out_takes_only_words_out(text: str) -> None:
    for word in split_words(text):
        shorter = without_word(text, word)
        expected = (text[: word.start] + text[word.end :]).replace(" ", "")
        assert shorter.replace(" ", "") == expected


HINDI = "\u0939\u093f\u0928\u094d\u0926\u0940"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A na\u00efve, caf\u00e9-like film", ["A", "na\u00efve", "caf\u00e9-like", "film"]),
        (
            "\u0939\u093f\u0928\u094d\u0926\u0940 film",
            ["\u0939\u093f\u0928\u094d\u0926\u0940", "film"],
        ),
        ("q\u0323 y", ["q\u0323", "y"]),  # has no composed form
        ("Vi\u1ec7t \u01c6amija", ["Vi\u1ec7t", "\u01c6amija"]),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_words_do_not_depend_on_how_accents_were_typed(
    text: str, words: list[str], form: str
) -> None:
    typed = unicodedata.normalize(form, text)
    found = split_words(typed)
    assert [word.text for word in found] == words
    composed = unicodedata.normalize("NFC", text)
    assert [composed[w.start : w.end] for w in found] == words
    for word in found:
        assert without_word(typed, word) == without_word(composed, word)
        assert with_word(typed, word, "e\u0301") == with_word(composed, word, "\u00e9")


def test_a_swapped_word_keeps_the_capital_of_the_sentence() -> None:
    first, *_, last = split_words("Good film")
    assert with_word("Good film", first, "bad") == "Bad film"
    assert with_word("Good film", last, " plot ") == "Good plot"
    with pytest.raises(InputError, match="empty"):
        with_word("Good film", last, " ")
    with pytest.raises(InputError, match="does not stand"):
        with_word("Other text", last, "plot")


def table(*positive: float) -> np.ndarray:
    second = np.array(positive)
    return np.stack([1 - second, second], axis=1)


def test_leaving_words_out_is_compared_with_the_whole_text() -> None:
    whole = table(0.6, 0.8, 0.95)
    probs = np.stack([table(0.6, 0.95, 0.99), table(0.4, 0.3, 0.2)], axis=1)
    found = ablation(ConfidenceThreshold(0.9), whole, ["x", "y"], ["y z", "x z"], probs)
    assert (found.exit_layer, found.label, found.full_label) == (3, 1, 1)
    sooner, other = found.effects
    assert (sooner.exit_layer, sooner.exit_change, sooner.label_changed) == (2, -1, False)
    assert (other.exit_layer, other.exit_change, other.label_changed) == (3, 0, True)
    assert sooner.area_change == pytest.approx((0.6 + 0.95 + 0.99 - 0.6 - 0.8 - 0.95) / 3)
    assert other.area_change == pytest.approx((0.4 + 0.3 + 0.2 - 0.6 - 0.8 - 0.95) / 3)
    assert found.strongest == other
    assert not found.no_single_word_matters


def test_it_is_said_when_no_single_word_matters() -> None:
    whole = table(0.6, 0.8)
    probs = np.stack([table(0.61, 0.8)], axis=1)
    assert ablation(FixedLayer(2), whole, ["x"], ["y"], probs).no_single_word_matters
    empty = ablation(FixedLayer(2), whole, [], [], np.zeros((2, 0, 2)))
    assert empty.no_single_word_matters
    assert empty.strongest is None


def test_passes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="as many texts"):
        ablation(FixedLayer(1), table(0.5), ["x"], [], np.zeros((1, 1, 2)))
    with pytest.raises(InputError, match="must have shape"):
        ablation(FixedLayer(1), table(0.5), ["x"], ["y"], np.zeros((2, 1, 2)))


def test_the_area_is_the_mean_over_layers() -> None:
    assert confidence_area(table(0.25, 0.75, 0.5), 1) == pytest.approx(0.5)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_stability_is_that_of_a_slow_count(positive: list[float]) -> None:
    probs = table(*positive)
    labels = [int(row.argmax()) for row in probs]
    found = stability(probs)
    assert found.flips == sum(a != b for a, b in zip(labels, labels[1:], strict=False))
    assert found.first_of_final == labels.index(labels[-1]) + 1
    assert found.stable_from == next(
        layer for layer in range(1, len(labels) + 1) if len(set(labels[layer - 1 :])) == 1
    )
