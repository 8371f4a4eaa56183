"""Learn: short lessons that set the figure, ask for a prediction, and then show it."""

from __future__ import annotations

import streamlit as st

from app.learn import visit, words
from app.learn.panels import show_step
from app.shared import lessons, links
from app.shared import visit as shared
from app.shared.lessons import Lesson
from app.shared.palette import palette
from app.shared.text import plain_markdown
from app.shared.widgets import press, warn
from elbert_core.errors import InputError

colours = palette(dark=st.context.theme.type == "dark")


def lesson_of(name: str) -> Lesson | None:
    """A lesson; says so when it is damaged."""
    try:
        return lessons.lesson(name)
    except InputError as error:
        warn(words.MISSING.format(name=name, message=error))
        return None


def show_list(mine: visit.LearnVisit) -> None:
    """Every lesson with a button that opens it."""
    st.caption(words.LEAD)
    found = [lesson for name in lessons.lesson_names() if (lesson := lesson_of(name))]
    if not found:
        st.info(words.NONE)
    for number, lesson in enumerate(found, start=1):
        with st.container(border=True):
            st.markdown(f"**{number}. {plain_markdown(lesson.title)}**")
            st.text(lesson.summary)
            count, seen = len(lesson.steps), sum(name == lesson.name for name, _ in mine.seen)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    words.OPEN.format(title=lesson.title),
                    key=f"learn.open.{lesson.name}",
                    **press(mine.go, lesson.name),
                )
                steps = words.STEPS_DONE if seen else words.STEPS
                st.caption(steps.format(done=seen, count=count))
    record = words.record(mine.errors)
    if record:
        st.text(record)


news = shared.arrive("learn")
mine = visit.current()
if news is not None:
    mine.take(news)
opened = lesson_of(mine.lesson) if mine.lesson else None
st.title(words.HEADLINE if opened is None else opened.title)
if opened is None:
    show_list(mine)
else:
    if mine.lock:
        st.caption(words.LOCKED)
    show_step(opened, mine, colours)
links.write(mine.query())
