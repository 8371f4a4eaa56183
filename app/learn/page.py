"""Learn: short lessons that set the figure, ask for a prediction, and then show it."""

from __future__ import annotations

import streamlit as st

from app.learn import narration as tell
from app.learn import session as visit
from app.learn import wording as words
from app.learn.step import show_step
from app.shared import lessons
from app.shared import visit as shared_visit
from app.shared.lessons import Lesson
from app.shared.palette import palette
from app.shared.text import plain_markdown, visible
from elbert_core.errors import InputError

colours = palette(dark=st.context.theme.type == "dark")


def lesson_of(name: str) -> Lesson | None:
    """A lesson; says so when it is damaged."""
    try:
        return lessons.lesson(name)
    except InputError as error:
        message = words.MISSING.format(name=visible(name, limit=40), message=error)
        st.warning(plain_markdown(message))
        return None


def show_list() -> None:
    """Every lesson with a button that opens it."""
    st.caption(words.LEAD)
    names = lessons.lesson_names()
    if not names:
        st.info(words.NONE)
    for number, name in enumerate(names, start=1):
        lesson = lesson_of(name)
        if lesson is None:
            continue
        with st.container(border=True):
            st.markdown(f"**{number}. {plain_markdown(lesson.title)}**")
            st.text(lesson.summary)
            seen = visit.seen(name)
            count = len(lesson.steps)
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    words.OPEN.format(title=lesson.title),
                    key=f"learn.open.{name}",
                    on_click=visit.go,
                    args=(name,),
                )
                st.caption(
                    words.STEPS_DONE.format(done=seen, count=count)
                    if seen
                    else words.STEPS.format(count=count)
                )
    record = tell.record(visit.errors())
    if record:
        st.text(record)


news = shared_visit.arrive("learn")
visit.start(news)
opened = lesson_of(visit.lesson_name()) if visit.lesson_name() else None
st.title(words.HEADLINE if opened is None else opened.title)
if opened is None:
    show_list()
else:
    if visit.any_lock():
        st.caption(words.LOCKED)
    show_step(opened, colours)
visit.write_link()
