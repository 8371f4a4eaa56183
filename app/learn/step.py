"""One step of a lesson: text, prediction, figure, and the way on."""

from __future__ import annotations

import streamlit as st

from app.learn import narration as tell
from app.learn import session as visit
from app.learn import wording as words
from app.shared import lessons, narration, wording
from app.shared import narration_compare as compare
from app.shared.claims import Scene
from app.shared.legend import show_legend
from app.shared.lessons import Lesson, Step
from app.shared.palette import Palette
from app.shared.race_panel import show_race
from app.shared.reading import alt_text
from app.shared.rows import Path, paths
from app.shared.rules import card, named
from app.shared.rules_panel import show_rules
from app.shared.score import score
from app.shared.score_panel import layer_table
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy


def show_step(lesson: Lesson, palette: Palette) -> None:
    """The step on show."""
    number = visit.step_number(lesson)
    step, count = lesson.steps[number - 1], len(lesson.steps)
    st.progress(number / count, text=words.STEP_OF.format(step=number, count=count))
    st.header(step.title, anchor=False)
    sentences = st.container(gap="small")
    left, right = st.columns([5, 7], gap="large")
    with left:
        scene = lesson.scene(step, _control(lesson, step, number))
        other = scene.other(step.beside) if step.beside else None
        for text in tell.paragraphs(step.text, scene, other):
            st.text(text)
        guess = visit.guess(lesson.name, number)
        hidden = step.ask and guess is None
        if hidden:
            _ask(lesson, number, scene)
        elif guess is not None:
            st.markdown(f"**{tell.outcome(*guess)}**")
        if not hidden:
            for text in tell.paragraphs(step.after, scene, other):
                st.text(text)
    with sentences:
        _sentences(step, scene, other)
    with right:
        if hidden or step.figure in ("path", "pair"):
            show_legend(scene.trace, palette)
        if hidden:
            _peek(step, scene, palette)
        else:
            _figure(step, scene, other, palette)
        st.badge(wording.MODES["stored"], color="gray", help=wording.MODE_HELP["stored"])
    _way_on(lesson, step, number, scene, ready=not hidden)


def _control(lesson: Lesson, step: Step, number: int) -> ExitPolicy:
    """The slider of a step, and the rule it makes."""
    if not step.control:
        return step.policy
    kind = step.policy.kind
    (setting,) = [one for one in card(kind).settings if one.name == step.control]
    key = visit.control_key(lesson, number)
    value = step.policy.settings()[step.control]
    if key not in st.session_state:
        st.session_state[key] = value
    whole = setting.kind == "int"
    chosen = st.slider(
        setting.label,
        int(setting.low) if whole else float(setting.low),
        lesson.traces[step.sentence].n_layers if whole else min(float(setting.high), 1.0),
        step=1 if whole else setting.step,
        key=key,
        disabled=visit.locked("settings"),
    )
    settings = step.policy.settings() | {step.control: chosen}
    return type(step.policy)(**settings)


def _ask(lesson: Lesson, number: int, scene: Scene) -> None:
    n_layers = scene.trace.n_layers
    key = f"learn.guess.{lesson.name}.{number}"
    said = st.select_slider(
        words.ASK, range(1, n_layers + 1), value=(n_layers + 1) // 2, key=key, help=words.ASK_HELP
    )
    st.button(
        words.SHOW,
        key=f"learn.show.{lesson.name}.{number}",
        type="primary",
        on_click=visit.make_guess,
        args=(lesson.name, number, int(said), scene.decision.exit_layer),
    )


def _sentences(step: Step, scene: Scene, other: Scene | None) -> None:
    two = other is not None and other.sentence != scene.sentence
    lead = "A:" if two else words.SENTENCE
    st.text(f"{lead} {compare.quoted(scene.trace.text, 300)}")
    if other is not None and two:
        st.text(f"B: {compare.quoted(other.trace.text, 300)}")
    if step.figure == "rules":
        return
    if other is None or two:
        st.caption(f"{words.RULE} {named(scene.policy)}")
    else:
        st.caption(f"A: {named(scene.policy)}")
        st.caption(f"B: {named(other.policy)}")


def _peek(step: Step, scene: Scene, palette: Palette) -> None:
    entry = Path(wording.STAVE_PROBS, scene.trace, None, upto=step.peek)
    st.vega_lite_chart(
        spec=paths([entry], palette=palette),
        width="stretch",
        key=f"learn.peek.{scene.sentence}.{step.title}",
        alt=tell.peek_alt(scene, step.peek),
    )


def _figure(step: Step, scene: Scene, other: Scene | None, palette: Palette) -> None:
    trace, decision = scene.trace, scene.decision
    key = f"learn.{step.figure}.{scene.sentence}.{step.title}"
    if step.figure == "race":
        show_race(trace, decision, palette)
        return
    if step.figure == "rules":
        show_rules(trace, scene.policy, palette)
        return
    if step.figure == "score":
        spec = score(trace, decision, cursor=step.cursor or decision.exit_layer, palette=palette)
        alt = alt_text(trace, decision, narration.verdict(decision))
    else:
        entries = [Path(_title("A", scene, other), trace, decision)]
        if other is not None:
            entries.append(Path(_title("B", other, scene), other.trace, other.decision))
        spec = paths(entries, palette=palette)
        scenes = [scene] if other is None else [scene, other]
        alt = " ".join(
            f"{entry.title}: {alt_text(one.trace, one.decision, narration.verdict(one.decision))}"
            for entry, one in zip(entries, scenes, strict=True)
        )
    st.vega_lite_chart(spec=spec, width="stretch", key=key, alt=alt)
    with st.expander(wording.SCORE_TABLE):
        for one in (scene, other):
            if one is not None:
                st.dataframe(
                    layer_table(one.trace, one.decision),
                    hide_index=True,
                    width="stretch",
                    alt=wording.TABLE_ALT,
                )


def _title(letter: str, scene: Scene, other: Scene | None) -> str:
    if other is None:
        return wording.STAVE_PROBS
    same_sentence = scene.sentence == other.sentence
    name = f"{letter}, {card(scene.policy.kind).name}" if same_sentence else letter
    return compare.path_title(name, scene.decision)


def _way_on(lesson: Lesson, step: Step, number: int, scene: Scene, *, ready: bool) -> None:
    last = number == len(lesson.steps)
    fixed = visit.locked("steps")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            words.BACK,
            key="learn.back",
            on_click=visit.go,
            args=(lesson.name, number - 1),
            disabled=fixed or number == 1,
        )
        if not last:
            st.button(
                words.NEXT,
                key="learn.next",
                on_click=visit.go,
                args=(lesson.name, number + 1),
                disabled=fixed,
                type="primary" if ready else "secondary",
            )
        if not visit.locked("lessons"):
            _other_lessons(lesson, last)
        if st.button(
            words.TRY,
            key="learn.try",
            icon=":material/visibility:",
            type="tertiary",
            disabled=visit.locked("try"),
        ):
            visit.try_on_inspect(lesson, step, scene.policy)
            st.switch_page(visit.INSPECT)
    record = tell.record(visit.errors())
    if record:
        st.caption(record)


def _other_lessons(lesson: Lesson, last: bool) -> None:
    names = lessons.lesson_names()
    place = names.index(lesson.name) + 1
    if last and place < len(names):
        try:
            title = lessons.lesson(names[place]).title
        except InputError:
            return
        st.button(
            words.NEXT_LESSON.format(title=title),
            key="learn.next_lesson",
            on_click=visit.go,
            args=(names[place],),
        )
    st.button(words.ALL_LESSONS, key="learn.all", on_click=visit.go, args=("",))
