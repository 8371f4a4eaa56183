"""The Inspect page: one sentence, layer by layer."""
