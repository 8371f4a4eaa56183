"""What a full-depth pass over one text tells: traces, attention, words, the map of states."""
