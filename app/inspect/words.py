"""What Inspect says of its second figures: what it had read by each layer, how its state moves."""

from __future__ import annotations

# -- what it had read ------------------------------------------------------------------------------
READING_HEADING = "What it had read by each layer"
READING_BUTTON = "Show what it had read"
READING_METHOD = "How attention is followed back"
READING_METHODS: dict[str, str] = {
    "rollout": "with staying put",
    "raw": "attention alone",
}
READING_METHOD_HELP = (
    "With staying put: roll-out (Abnar & Zuidema 2020): half of every word passes a layer as it "
    "is, as residual connections let it. Attention alone: the product of the attention of all "
    "layers so far, which is what ELBERT's authors drew."
)
READING_HEAD = "Heads"
READING_ALL_HEADS = "all, averaged"
READING_ONE_HEAD = "head {number}"
READING_NOTE = (
    "Each column adds up to 1: the share of what the exit head could read that goes back to each "
    "word. A stronger colour is more. It shows where information could flow, not what made the "
    "answer."
)
READING_SCALE = "The faintest cell is {low:.3f}, the strongest {high:.3f}."
READING_POOLED: dict[str, str] = {
    "mean": "This model's exit head reads the average of all words, so the rows are averaged.",
    "cls": "This model's exit head reads the first piece, [CLS], so its row is shown.",
}
READING_LONG = "This text has too many words to draw them all."
READING_TABLE = "The shares as a table"
READING_SHARE = "Share"
READING_WORD = "Word"

# -- how the state moves ---------------------------------------------------------------------------
MAP_HEADING = "How its state moves towards an answer"
MAP_BUTTON = "Show the map"
MAP_NOTE = (
    "After each layer the exit head reads one long row of numbers, the state. The map shows that "
    "state as a point and joins the points in order; a region has the colour of the label that the "
    "head gives there. What lies after the exit is dimmed."
)
MAP_TWO = (
    "From left to right: how far the head leans to one label or the other (the difference of its "
    "logits), so the border between the regions is exact. Up and down: the largest movement that "
    "the head does not see (first principal component of the rest)."
)
MAP_THREE = (
    "The plane of the differences between the labels' weights. Nothing outside it decides, so the "
    "borders are exact."
)
MAP_MANY = (
    "The two main directions of the differences between the labels' weights. There is more to this "
    "head than fits on a plane, so the regions are approximate: the head is asked all over the "
    "plane, with everything else held at the layers' mean. {right} of {layers} layers stand in the "
    "region of their own label."
)
MAP_ALT = "The table has every layer's place."
MAP_TABLE = "The map as a table"
MAP_COLUMNS = ("Layer", "Across", "Up", "Leads", "Probability", "In its own region?")
