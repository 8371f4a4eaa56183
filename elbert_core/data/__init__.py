"""Rows of text from files and data sets, checked as they come in."""
