"""What the Compare page says, apart from sentences with a text's own numbers (`narration_compare`).

Plain words first; the papers' terms are in the tooltips.
"""

from __future__ import annotations

PAGE = "Compare"
HEADLINE = "What if the rule were another, or a word?"
LEAD = "Who would stop where, which word decides it, and what it looks like while it runs."

VIEW_LABEL = "What to compare"
VIEWS: dict[str, str] = {
    "rules": "Every rule",
    "kinds": "Easy, hard, overthought",
    "pair": "Side by side",
    "words": "Which word?",
    "alike": "Who goes the same way?",
    "race": "Watch it run",
}

# -- every rule ------------------------------------------------------------------------------------
LANES_PROBS = "How likely is each label?"
IN_USE = "The rule in use"
ORACLE = "Looks ahead (not possible)"
LANES_HELP = (
    "Each lane is coloured as far as its rule reads. ≠ marks an answer that full depth would not "
    "give. The last lane knows the later layers: it stops where the answer will not change any "
    "more. No rule can know that, so it shows what is left to gain."
)
ORACLE_TERM = "stable oracle"
LANES_TABLE = "The lanes as a table"
LANES_COLUMNS = ("Rule", "Settings", "Stops after layer", "Answer", "Probability", "As full depth?")
YES, NO = "yes", "no"

# -- side by side ----------------------------------------------------------------------------------
WITH_LABEL = "Put beside it"
WITH: dict[str, str] = {"sentence": "another sentence", "rule": "another rule"}
OTHER_SENTENCE = "The other sentence"
OTHER_PLACEHOLDER = "Type another sentence, then press Read"
OTHER_RULE = "The other rule, at its usual setting"
THE_RULE = "the rule in use"
OTHER_RULE_SHORT = "The other rule"
READ_OTHER = "Read it"
LATER = "?"
PAIR_TABLE = "Both as a table"

# -- easy, hard, overthought -----------------------------------------------------------------------
KIND_NAMES: dict[str, str] = {"easy": "Easy", "hard": "Hard", "overthought": "Overthought"}
KINDS_INTRO = (
    "Three sentences that this model has read, under the rule in use. Move the slider under the "
    "figure: the frame is what the rule looks at after that layer; where it closes, the sentence "
    "is let go."
)
KINDS_HELP = (
    "Chosen by the rule in use, from the examples, the lessons and what you read in this visit. "
    "Easy: stops first. Hard: stops last. Overthought: an earlier layer is right and the last one "
    "is wrong; that can only be said of our own sentences, where we know what was meant."
)
KINDS_TOO_FEW = (
    "Read one more sentence with this model, and there is something to set side by side."
)
KINDS_TABLE = "The sentences as tables"
NONE_OVERTHOUGHT = "None of the sentences at hand is overthought by this model."
SLIDE = "Layer"
AT_HAS_STOPPED = "has stopped"
AT_STOPS = "stops here"
AT_LAST = "no layers left"
AT_EARLY = "too early to stop"
AT_GOES_ON = "reads on"

# -- which word ------------------------------------------------------------------------------------
WORDS_BUTTON = "Read it again without each word"
WORDS_HELP = "Leave one out: as many shortened sentences as there are words, read in one batch."
WORDS_INTRO = (
    "The sentence is read again, each time without one of its words. A word that carried the "
    "answer leaves a gap: the exit moves, or the answer does."
)
WORDS_TITLE = "Without this word it would stop here"
WHOLE_MARK = "whole sentence"
WORDS_TABLE = "The words as a table"
WORDS_COLUMNS = ("Without", "Stops after layer", "Change", "Answer", "Change of confidence")
WORDS_TIPS = ("Without", "Stops after layer", "Answer", "Confidence")
AREA_HELP = (
    "Change of confidence: how much the probability of the whole sentence's answer moves, averaged "
    "over all layers (the area under its curve). It says something even where the exit stays."
)
MAX_WORDS = 48
WORDS_CUT = f"Only the first {MAX_WORDS} words are left out in turn."
ONE_WORD = "There is only one word here, so nothing can be left out."
NEEDS_MODEL = "This needs a model to read with; here there are only stored examples."
SWAP_HEADING = "Swap a word"
SWAP_WORD = "Word"
SWAP_FOR = "Read it as"
SWAP_BUTTON = "Read with the other word"
SWAPPED = "With “{new}” for “{old}”"

# -- watch it run ----------------------------------------------------------------------------------
RACE_INTRO = (
    "The same two runs, side by side: one that may stop, one that reads to the end. Each layer "
    "takes as long as it was measured to take, only slower. Nothing moves until you press Play."
)
RACE_STOPS = "may stop"
RACE_FULL = "reads to the end"
RACE_PLAY, RACE_PAUSE, RACE_AGAIN = "Play", "Pause", "Play again"
RACE_BACK, RACE_ON = "One layer back", "One layer on"
RACE_LAYER = "layer"
RACE_SLIDER = "Time"
RACE_DONE = "layer {layer}"
RACE_CLOCK = "Slowed {factor} times."
RACE_TABLE = "The race as a table"
RACE_COLUMNS = ("Layer", "Leads", "Probability", "Done after (ms)", "The run that may stop")
RACE_NOTE = (
    "The times are those of the record: one sentence at a time, embeddings included, the median of "
    "a few passes for each layer."
)
RACE_STILL = "still reading"
RACE_GONE = "stopped"

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
READING_REFUSED = "This text cannot be read again here."
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

# -- who goes the same way -------------------------------------------------------------------------
ALIKE_NONE = "There is no other sentence that the same model has read."
ALIKE_SOURCES: dict[str, str] = {
    "visit": "this visit",
    "example": "example",
    "lesson": "lesson",
}
ALIKE_COLUMNS = (
    "Sentence",
    "From",
    "Stops after layer",
    "Answer",
    "Probability",
    "Layers that differ",
)
ALIKE_HELP = (
    "★ is the sentence in use. Below it: sentences of this visit, the examples and those of the "
    "lessons, under the same rule, the most alike first. A dot marks a layer where another label "
    "leads, or where only one of the two is still reading."
)
ALIKE_ALT = "The table below has every sentence."
ALIKE_TABLE = "The ways as a table"
