"""Every fixed word of the Trade-off page about single texts."""

from __future__ import annotations

HEADING = "Which texts are they?"
KIND_LABEL = "Show texts that"
KINDS: dict[str, str] = {
    "changed": "get another answer than at full depth",
    "lost": "full depth gets right and your setting wrong",
    "won": "full depth gets wrong and your setting right",
    "first": "leave soonest",
    "last": "read longest",
}
SHOWN = "{shown} of {total:,} such texts, by row number in {data} ({split}), counted from 0."
ALL_SHOWN = "All {total:,} such texts, by row number in {data} ({split}), counted from 0."
NONE = "No text of this kind at this setting."
COLUMNS = ("Row", "Text", "Right label", "Answer", "Full depth says", "Layers read", "Sure, %")
TABLE_ALT = "One line for each text: row number, text if at hand, labels, layers read."
PAIR_MARK = " ⏎ "
UNKNOWN = "(not at hand)"

# -- where texts come from -------------------------------------------------------------------------
NO_TEXTS = (
    "The table holds no texts. To read them here, name the folder of your data sets in the "
    "environment variable {variable} (with {data}/{split}.tsv, .csv or .jsonl in it) before the "
    "app is started, or bring texts below."
)
OTHER_TEXTS = (
    "A file of {data} ({split}) is at hand, but none of these rows is in it: texts are matched by "
    "their SHA-256, never by their place, and that is another version of the data."
)
BAD_TEXTS = "The texts of {data} ({split}) cannot be read: {message}."
OWN_HEADING = "Bring texts of your own"
OWN_HELP = (
    "Texts are matched to the table's rows by their SHA-256: they must be the same letter by "
    "letter. They are searched on this machine, shown to you alone and not kept."
)
PASTE_LABEL = "Paste texts, one a line"
PASTE_BUTTON = "Look for them"
FILE_LABEL = "Or open a file"
FILE_HELP = "Lines of a .txt, cells of a .tsv, .csv or .jsonl file, in UTF-8."
FOUND = "{found:,} of the table's {rows:,} rows have a text now."
FOUND_NONE = "None of these texts is one of the table's rows."
BAD_FILE = "That cannot be searched for texts: {message}."

# -- one text --------------------------------------------------------------------------------------
ROW_LABEL = "Look at row"
ROW_OPTION = "row {row:,}: {text}"
ROW_BARE = "row {row:,}"
ABOUT = "Right label: {gold}. Your setting says {answer} after layer {layer}; full depth: {full}."
INSPECT = "Read this text on the Inspect page"
INSPECT_HELP = "Puts the text into the box there and reads it layer by layer with your setting."
PAIRS = "Pairs of texts cannot be read on the Inspect page."
LOCKED = "The link you came by keeps its sentence on the Inspect page."
