"""Every fixed word about rules that were saved under a name; see `app.shared.words`."""

from __future__ import annotations

HEADING = "Saved rules"
PICK_LABEL = "Rules of this visit"
PICK_HELP = (
    "Settings that you used or saved in the promise on the Trade-off page, and those of files you "
    "opened."
)
PICK_NONE = "choose one"
OPEN_LABEL = "Open a saved rule"
OPEN_HELP = (
    "A JSON file from the Trade-off page or from `python -m elbert_core tune --save`. It becomes "
    "the rule of every page; nothing is kept."
)
BAD_FILE = "That is not a saved rule that can be used: {message}."
NO_SUCH_RULE = "the app has no rule of the kind {kind!r}"
OUT_OF_RANGE = (
    "one of its settings is outside of what the app's controls can hold (layers up to {layers}, "
    "thresholds with at most four decimals)"
)
SAVE = "Save the rule in use"
SAVE_HELP = "A small JSON file, for this page, the command line and Python."
IN_USE = "In use: “{name}”."
PROMISE = (
    "Promised: at most {limit} in 100 texts lose ({risk}), {certainty}, by {n:,} texts of {data} "
    "({split}) read by {checkpoint}."
)
WITH_CONFIDENCE = "with {confidence:g}\u00a0% confidence"
ON_AVERAGE = "on average over calibration texts"
RISKS: dict[str, str] = {
    "disagreement": "another answer than full depth",
    "accuracy": "a right answer lost",
    "distribution": "distance between the probabilities",
}
OTHER_MODEL = "Another model has read the sentence on this page: for it, that says nothing."
