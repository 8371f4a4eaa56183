"""Widgets that several pages use. They draw what they are given and report what was chosen."""
