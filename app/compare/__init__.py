"""The Compare page: rules, sentences, words and settings side by side."""
