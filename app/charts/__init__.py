"""Figures as pure functions: a trace or a table in, a chart out. No Streamlit, no model."""
