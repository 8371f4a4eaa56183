"""One step of a lesson: text, prediction, figure, and the way on."""

from __future__ import annotations

import streamlit as st

from app.learn import visit, words
from app.learn.visit import LearnVisit, Place
from app.shared import lessons
from app.shared import words as common
from app.shared.claims import Scene
from app.shared.lessons import Lesson, Step
from app.shared.palette import Palette
from app.shared.panels import of_paths, show_figure, show_legend, show_mode, show_rules
from app.shared.race import show_race
from app.shared.rows import Path, paths
from app.shared.rules import card, named
from app.shared.score import alt_text, layer_table, score
from app.shared.sheet import Figure
from app.shared.widgets import bind, press
from app.shared.words import path_title, quoted
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy


def show_step(lesson: Lesson, mine: LearnVisit, palette: Palette) -> None:
    """The step on show."""
    place = mine.place(lesson)
    number, count = place[1], len(lesson.steps)
    step = lesson.steps[number - 1]
    st.progress(number / count, text=words.STEP_OF.format(step=number, count=count))
    st.header(step.title, anchor=False)
    sentences = st.container(gap="small")
    left, right = st.columns([5, 7], gap="large")
    with left:
        scene = lesson.scene(step, _control(lesson, step, mine, place))
        other = scene.other(step.beside) if step.beside else None
        for text in words.paragraphs(step.text, scene, other):
            st.text(text)
        guess = mine.guesses.get(place)
        hidden = step.ask and guess is None
        if hidden:
            _ask(mine, place, scene)
        else:
            if guess is not None:
                st.markdown(f"**{words.outcome(*guess)}**")
            for text in words.paragraphs(step.after, scene, other):
                st.text(text)
    with sentences:
        _sentences(step, scene, other)
    with right:
        if hidden:
            _peek(step, scene, palette)
        elif step.figure == "race":
            show_race(scene.trace, scene.policy, palette)
        elif step.figure == "rules":
            show_rules(scene.trace, scene.policy, palette)
        else:
            _figure(step, scene, other, palette)
        show_mode("stored")
    _way_on(lesson, mine, number, scene, ready=not hidden)


def _control(lesson: Lesson, step: Step, mine: LearnVisit, place: Place) -> ExitPolicy:
    """The slider of a step, and the rule it makes."""
    if not step.control:
        return step.policy
    (setting,) = [s for s in card(step.policy.kind).settings if s.name == step.control]
    key = f"{place[0]}.{place[1]}"
    mine.settings.setdefault(key, step.policy.settings()[step.control])
    whole = setting.kind == "int"
    st.slider(
        setting.label,
        int(setting.low) if whole else float(setting.low),
        lesson.traces[step.sentence].n_layers if whole else min(float(setting.high), 1.0),
        step=1 if whole else setting.step,
        disabled="settings" in mine.lock,
        **bind(mine.settings, key, f"learn.control.{key}"),
    )
    return type(step.policy)(**step.policy.settings() | {step.control: mine.settings[key]})


def _ask(mine: LearnVisit, place: Place, scene: Scene) -> None:
    n_layers, (lesson, number) = scene.trace.n_layers, place
    said = st.select_slider(
        words.ASK,
        range(1, n_layers + 1),
        value=(n_layers + 1) // 2,
        key=f"learn.guess.{lesson}.{number}",
        help=words.ASK_HELP,
    )
    st.button(
        words.SHOW,
        key=f"learn.show.{lesson}.{number}",
        type="primary",
        **press(mine.guesses.update, {place: (int(said), scene.decision.exit_layer)}),
    )


def _sentences(step: Step, scene: Scene, other: Scene | None) -> None:
    two = other is not None and other.sentence != scene.sentence
    st.text(f"{'A:' if two else words.SENTENCE} {quoted(scene.trace.text, 300)}")
    if other is not None and two:
        st.text(f"B: {quoted(other.trace.text, 300)}")
    if step.figure == "rules":
        return
    if other is None or two:
        st.caption(f"{words.RULE} {named(scene.policy)}")
    else:
        st.caption(f"A: {named(scene.policy)}")
        st.caption(f"B: {named(other.policy)}")


def _peek(step: Step, scene: Scene, palette: Palette) -> None:
    show_legend(scene.trace, palette)
    entry = Path(common.STAVE_PROBS, scene.trace, None, upto=step.peek)
    st.vega_lite_chart(
        spec=paths([entry], palette=palette),
        width="stretch",
        key=f"learn.peek.{scene.sentence}.{step.title}",
        alt=words.peek_alt(scene, step.peek),
    )


def _figure(step: Step, scene: Scene, other: Scene | None, palette: Palette) -> None:
    scenes = [scene] if other is None else [scene, other]
    titles = [common.STAVE_PROBS] if other is None else _titles(scene, other)
    told = [alt_text(s.trace, s.decision) for s in scenes]
    key = f"learn.{step.figure}.{scene.sentence}.{step.title}"
    if step.figure == "score":
        cursor, (trace, decision) = step.cursor, (scene.trace, scene.decision)
        found = Figure(
            "",
            lambda colours: score(
                trace, decision, cursor=cursor or decision.exit_layer, palette=colours
            ),
            told[0],
            table=layer_table(trace, decision),
        )
        show_figure(found, palette, key=key, table=common.SCORE_TABLE)
        return
    entries = [Path(t, s.trace, s.decision) for t, s in zip(titles, scenes, strict=True)]
    alt = " ".join(f"{title}: {text}" for title, text in zip(titles, told, strict=True))
    found = of_paths(entries, alt)
    show_figure(found, palette, key=key, table=common.SCORE_TABLE, labels=scene.trace)


def _titles(a: Scene, b: Scene) -> list[str]:
    names = ["A", "B"]
    if a.sentence == b.sentence:
        names = [f"A, {card(a.policy.kind).name}", f"B, {card(b.policy.kind).name}"]
    return [path_title(n, s.decision) for n, s in zip(names, (a, b), strict=True)]


def _way_on(lesson: Lesson, mine: LearnVisit, number: int, scene: Scene, *, ready: bool) -> None:
    last, fixed = number == len(lesson.steps), "steps" in mine.lock
    names = lessons.lesson_names()
    following = names[names.index(lesson.name) + 1 :]
    if last and ready and not following:
        st.text(words.THE_END)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            words.BACK,
            key="learn.back",
            disabled=fixed or number == 1,
            **press(mine.go, lesson.name, number - 1),
        )
        if not last:
            st.button(
                words.NEXT,
                key="learn.next",
                disabled=fixed,
                type="primary" if ready else "secondary",
                **press(mine.go, lesson.name, number + 1),
            )
        if "lessons" not in mine.lock:
            if last and following:
                _next_lesson(mine, following[0])
            st.button(words.ALL_LESSONS, key="learn.all", **press(mine.go, ""))
        if st.button(
            words.TRY,
            key="learn.try",
            icon=":material/visibility:",
            type="tertiary",
            disabled="try" in mine.lock,
        ):
            visit.try_on_inspect(lesson, lesson.steps[number - 1], scene.policy)
            st.switch_page(visit.INSPECT)
    record = words.record(mine.errors)
    if record:
        st.caption(record)


def _next_lesson(mine: LearnVisit, name: str) -> None:
    try:
        title = lessons.lesson(name).title
    except InputError:
        return  # the list says so
    st.button(
        words.NEXT_LESSON.format(title=title), key="learn.next_lesson", **press(mine.go, name)
    )
