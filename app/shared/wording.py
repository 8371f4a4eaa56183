"""Every fixed word that the pages say, in one place, so that it can be read through or translated.

Plain words first; the papers' terms are in the tooltips (`HELP_...`). Sentences that carry a text's
own numbers are made in `narration`.
"""

from __future__ import annotations

from app.shared.text import MAX_CHARS, plain_markdown

APP_TITLE = "ELBERT: how deep does it read?"
PAGE_INSPECT = "Inspect"
PAGE_ABOUT = "About"


# -- the sentence ----------------------------------------------------------------------------------
SENTENCE_LABEL = "Your sentence (English)"
SENTENCE_PLACEHOLDER = "Type a sentence about a film, then press Read"
PLACEHOLDERS: dict[str, str] = {
    "elbert-sst2": SENTENCE_PLACEHOLDER,
    "elbert-agnews": "Type a sentence of news, then press Read",
    "elbert-emotion": "Type how somebody feels, then press Read",
}
MODEL_LABEL = "What is judged"
MODEL_TITLES: dict[str, str] = {
    "elbert-sst2": "Film reviews",
    "elbert-agnews": "News topics",
    "elbert-emotion": "Feelings",
}


def model_title(name: str) -> str:
    """What a checkpoint judges, for the shipped ones; the folder's name for others, as text."""
    return MODEL_TITLES.get(name) or plain_markdown(name)


READ_BUTTON = "Read"
READ_HELP = "Ctrl+Enter in the text box does the same"
PRESETS_LABEL = "Or pick an example"
READING = "Reading… (the first time, the model is loaded as well)"
EXAMPLES_ONLY = "No trained model is at hand here, so only the examples can be shown."
EMPTY_STATE = "Nothing to show yet. Type a sentence above and press Read."

PROBLEMS: dict[str, str] = {
    "empty": "There is nothing to read yet: type a sentence first.",
    "too_long": (
        f"That is longer than the {MAX_CHARS:,} characters this page takes. Shorten it, then read "
        "again."
    ),
    "control": (
        "The text holds an invisible control character ({detail}), which may have come along with "
        "copying. Take it out, or type the sentence by hand."
    ),
    "no_letters": "There are no words in this: the model can only judge sentences.",
    "not_latin": (
        "This does not look like English. The model has learned from English only, so its answer "
        "would mean nothing."
    ),
}
LINK_LEFT_OUT = "Not possible here, so left out of what the link asks for: {parts}."
LAST_RESULT_STAYS = "The last result stays below."
FORMER = "The sentence before: “{text}”"
PAIR_REFUSED = "A pair of texts cannot be read again here."

# -- messages about the model ----------------------------------------------------------------------
NO_CHECKPOINT = (
    "No trained model was found in the folder “{folder}”, so no new sentence can be read here. The "
    "stored examples work without one."
)
BROKEN_CHECKPOINT = "The model cannot be used: {message}. The stored examples work without it."
BUSY = "Somebody else's sentence is being read just now. Please try again in a moment."
NO_TORCH = "PyTorch is not installed, so new sentences cannot be read. The stored examples work."
NO_PRESET = "The stored example “{name}” is missing or damaged ({message})."

# -- modes -----------------------------------------------------------------------------------------
MODES: dict[str, str] = {
    "real": "stopped for real",
    "replayed": "replayed from a full pass",
    "stored": "stored example",
    "opened": "opened file",
}
MODE_HELP: dict[str, str] = {
    "real": (
        "The model was run with this rule and really stopped: for that answer the later layers "
        "were not computed. The figure still shows the full pass, for comparison."
    ),
    "replayed": (
        "All layers were computed once and measured. The stopping rule was then applied to that "
        "record, as it would have decided while running."
    ),
    "stored": (
        "A full pass recorded earlier. The stopping rule is applied to it now; the milliseconds "
        "are those of the machine that made the record."
    ),
    "opened": (
        "A full pass from a file that you opened. The stopping rule is applied to it now; nothing "
        "was read here, and the milliseconds are those of the machine that made the file."
    ),
}

# -- stopping rules --------------------------------------------------------------------------------
POLICY_LABEL = "When may it stop?"
POLICY_HELP = "The exit policy. Changing it replays the record; the model is not run again."
RULE_REFUSED = "“{rule}” cannot be applied here: {message}."
MORE_SETTINGS = "More settings"

# -- the score -------------------------------------------------------------------------------------
STAVE_PROBS = "How likely is each label?"
STAVE_ENTROPY = "How much doubt is left?"
STAVE_LABELS = "Which label leads?"
STAVE_MS = "Milliseconds for each layer"
STAVE_TERMS = (
    "Class probabilities given by the exit head after each layer",
    "Normalised entropy: 0 is certain, 1 an even guess",
    "Most probable label; the number counts the run that the rule waits for",
    "Measured wall-clock time of each layer with its exit head",
)
AXIS_DEPTH = "layers applied"
FLAG_EXIT = "stops here"
FLAG_FULL = "reads to the end"
NOT_NEEDED = "not needed"
SCORE_TABLE = "The figure as a table"

# -- around the decision ---------------------------------------------------------------------------
REAL_SAME = "It really stopped, with the same result:"
REAL_OTHER = (
    "It really stopped, with another result than the record above, which another model or machine "
    "may have made:"
)
REAL_TIME = (
    "Run {runs} times each in turn on {device}: {stopped} when it may stop, {full} to the end "
    "(median, from the fastest to the slowest)."
)
REAL_SPAN = "{median:.1f} ms ({fastest:.1f} to {slowest:.1f})"
REAL_NOISE = (
    "Its time is not compared: on {device} the same run varies by more than stopping would save."
)
READ_BY = "Read by {checkpoint} on {device}, {dtype}."
TRUNCATED = "The model reads at most {read} pieces; this text has {full}, so its end was not read."

# -- taking it away --------------------------------------------------------------------------------
LINK_DEFAULT = "(nothing: everything is at its default)"
DOWNLOAD_HTML = "This view as HTML"
DOWNLOAD_HTML_HELP = (
    "One file with the answer, the figures and their tables. It opens without this app and without "
    "a network; making it sends nothing anywhere."
)
PNG_NOTE = "A figure by itself: its own menu, at its upper right corner, saves it as a PNG picture."
DEVICE_NAMES: dict[str, str] = {
    "": "automatic",
    "cpu": "processor (CPU)",
    "cuda": "graphics card (CUDA)",
}

SHEET_ORIGIN = "Where this comes from"
SHEET_DIGEST = "SHA-256 of its weights: {digest}."
SHEET_NOTE = "The same view opens again at the app's address, followed by:"


# -- the table -------------------------------------------------------------------------------------
COLUMN_LAYER = "Layer"
COLUMN_LEADS = "Leads"
COLUMN_PROBABILITY = "Probability"
COLUMN_ENTROPY = "Doubt (entropy)"
COLUMN_MS = "Milliseconds"
COLUMN_VERDICT = "What happens"

# -- About -----------------------------------------------------------------------------------------
ABOUT_HEADLINE = "What this is"
ABOUT_TEXT = (
    "ALBERT is a language model whose layers are one and the same layer, applied again and again. "
    "ELBERT adds an exit: after every pass a small head guesses the label, and a rule decides "
    "whether the guess is good enough to stop. Easy sentences leave early, hard ones read on. This "
    "app shows that decision for a sentence of yours."
)
ABOUT_LIMITS = (
    "Each model has learned one question from texts in English: whether a film review is positive "
    "or negative, what a piece of news is about, which feeling a sentence tells of. On other texts "
    "and in other languages its answers mean little, and being sure is not the same as being right."
)
DEFINITIONS_HEADING = "What the words mean"
DEFINITIONS: tuple[tuple[str, str, str], ...] = (
    ("Layer", "One pass through the shared layer; counted from 1.", "layers applied, 1…L"),
    ("Exit layer", "How many passes a sentence needed.", "exit_layer"),
    ("Sure", "The probability of the leading label.", "confidence = max p"),
    (
        "Doubt",
        "How evenly the probability is spread: 0 certain, 1 an even guess.",
        "−Σ p ln p ÷ ln K",
    ),
    ("Agreeing layers", "Layers in a row with the same leading label.", "confidence window"),
    ("Confirmed", "A layer repeats the label of the one before.", "patience"),
    ("Small step", "The probabilities hardly moved since the layer before.", "JS divergence < τ"),
    ("Layers saved", "The share of layers not needed.", "1 − exit layer ÷ L"),
    ("Speed-up", "Theoretical: all layers against layers applied.", "L ÷ mean exit layer"),
    ("Arithmetic", "Multiply-accumulates of layers and exit heads.", "MACs"),
    ("Time", "Measured milliseconds, one sentence at a time.", "embedding + layers"),
)
DEFINITION_COLUMNS = ("Word", "In plain words", "Formula or term")
MODEL_HEADING = "The models"
MODEL_NONE = "No trained model is at hand here."
MODEL_NO_CARD = "This model comes without a model card."
SOURCES_HEADING = "Sources and licences"
SOURCES = """
- **ELBERT**: Xie, Lu, Wang, Wang 2021, *ELBERT: Fast ALBERT with Confidence-Window Based Early Exit*, arXiv:2107.00175
- **ALBERT**: Lan et al. 2020, arXiv:1909.11942
- **DeeBERT**: Xin et al. 2020, arXiv:2004.12993 · **PABEE**: Zhou et al. 2020, arXiv:2006.04152
- **F-PABEE**: Gao et al. 2023, arXiv:2305.11916 · **Confidence exits**: Schwartz et al. 2020, arXiv:2004.07453
- Colours: Okabe and Ito 2008, *Color Universal Design*

The program is under the Apache License 2.0; each model card names the licence of the model and of
the data it learned from. The example sentences were written for this app.
"""  # noqa: E501  # one entry a line
VERSIONS_HEADING = "Versions and device"
PRIVACY = (
    "Sentences are read on the machine that runs this app. They are not stored, not logged and not "
    "sent anywhere else; only the link in the address bar carries them."
)
