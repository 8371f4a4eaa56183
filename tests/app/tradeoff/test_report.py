"""The report and the CSV: self-contained, escaped, and with the core's numbers."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import typer
from sklearn.metrics import f1_score, matthews_corrcoef
from typer.testing import CliRunner

from app.tradeoff import words
from app.tradeoff import words_closer as closer
from app.tradeoff.evaluations import Overview, key_of, look_at, look_closer
from app.tradeoff.others import load_published
from app.tradeoff.report import points_csv, report_html, write_report
from elbert_core.errors import InputError
from elbert_core.evaluation.tables import save_evaluation
from elbert_core.policies import ConfidenceWindow, replay
from tests.app.tables import make_table

WINDOW = ConfidenceWindow(4, 0.1)
NASTY = "<script>x()</script>"
CSV_COLUMNS = (
    "family",
    "policy",
    "rows",
    "accuracy",
    "accuracy_low_95",
    "accuracy_high_95",
    "macro_f1",
    "matthews",
    "agreement_with_full_depth",
    "mean_exit_layer",
    "computation_cost",
    "theoretical_speed_up",
    "measured_layer_speed_up",
    "macs_share",
    "pareto_front",
)


@pytest.fixture(scope="module")
def overview() -> Overview:
    return look_at(make_table(n_rows=120, label_names=(NASTY, "b"), data=NASTY.replace("/", "")))


@pytest.fixture(scope="module")
def report(overview: Overview) -> str:
    return report_html(overview, look_closer(overview, WINDOW), load_published())


class Seen(HTMLParser):
    """All tags and everything that could fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetches: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        names = ("src", "href", "srcset", "action", "data", "poster", "xlink:href")
        self.fetches += [(tag, value) for name, value in attrs if name in names]


def test_the_report_asks_for_nothing_and_runs_nothing(report: str) -> None:
    seen = Seen()
    seen.feed(report)
    assert seen.fetches == []
    assert not {"script", "link", "img", "iframe", "object"} & set(seen.tags)
    ids = set(re.findall(r'id="([^"]+)"', report))
    assert {f"#{name}" for name in ids} >= set(re.findall(r"url\(([^)]*)\)", report))
    assert "@import" not in report
    assert set(re.findall(r"https?://[^\"' <]+", report)) == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in report


def test_names_of_a_table_stay_text(report: str) -> None:
    assert "<script" not in report
    assert "&lt;script&gt;" in report


def test_the_report_says_what_it_shows(report: str, overview: Overview) -> None:
    assert "replayed from a full pass" in report
    for heading in (closer.CONTEST_HEADING, closer.LAYERS_HEADING, closer.DEFINITIONS_HEADING):
        assert heading in report
    assert report.count("<svg ") >= 2
    assert f"{100 * overview.full.accuracy:.1f}" in report


def test_the_csv_is_the_sweep(overview: Overview) -> None:
    lines = list(csv.DictReader(io.StringIO(points_csv(overview))))
    assert tuple(lines[0]) == CSV_COLUMNS
    assert len(lines) == len(overview.points)
    for line, point in zip(lines, overview.points, strict=True):
        assert float(line["accuracy"]) == point.accuracy
        assert float(line["theoretical_speed_up"]) == point.speed_up_ratio
        assert line["policy"] == key_of(point.policy)
        assert not any(line[name][:1] in "=+-@" for name in ("family", "policy"))  # no formulas


def test_the_report_is_made_from_the_command_line(tmp_path: Path) -> None:
    table = save_evaluation(make_table(n_rows=60, name="mine"), tmp_path)
    output = tmp_path / "report.html"
    write_report(table, output)
    assert output.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["one"], "Missing argument"),
        (["missing.json", "out.html"], "error: cannot read"),
    ],
)
def test_a_bad_call_says_why(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = typer.Typer()
    command.command()(write_report)
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code != 0
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------- of others
def test_every_printed_figure_names_source_setting_and_data() -> None:
    known = load_published()
    assert known.points
    assert known.claims
    for point in known.points:
        assert min(map(len, (point.source, point.setting, point.data, point.model))) > 2
    elbert = next(point for point in known.points if point.method == "ELBERT")
    assert elbert.accuracy == 0.8123
    assert elbert.speed_up == pytest.approx(1 / 0.5881, abs=0.01)
    assert not elbert.is_of("sst2")
    assert {point.is_of("SST_2") for point in known.points if point.data == "SST-2"} == {True}


@pytest.mark.parametrize("content", ["", "[]", '{"format": "elbert-published/1"}', "{"])
def test_a_damaged_file_of_others_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "published.json"
    path.write_text(content)
    with pytest.raises(InputError):
        load_published(path)


# --------------------------------------------------------------------------------- many labels
SIX = ("sadness", "joy", "love", "anger", "fear", "surprise")


def test_six_labels_are_scored_as_scikit_learn_scores_them() -> None:
    table = make_table(n_rows=240, label_names=SIX, data="emotion", name="six")
    overview = look_at(table)
    setting = look_closer(overview, WINDOW)
    label = replay(WINDOW, table.probs).label
    assert setting.point.macro_f1 == pytest.approx(f1_score(table.gold, label, average="macro"))
    full = table.probs[-1].argmax(-1)
    assert setting.full.macro_f1 == pytest.approx(f1_score(table.gold, full, average="macro"))
    shown = {title: value for title, value, _, _ in words.score_metrics(setting, 6)}
    assert shown == {words.METRIC_F1: f"{100 * setting.point.macro_f1:.1f} %"}
    parts = [part for part in setting.slices if part.group == "label"]
    assert [part.name for part in parts] == list(SIX)
    for index, part in enumerate(parts):
        mine = table.gold == index
        assert part.early.n_rows == mine.sum()
        assert part.early.accuracy == pytest.approx((label[mine] == index).mean())


def test_the_report_of_six_labels_names_them_all() -> None:
    overview = look_at(make_table(n_rows=120, label_names=SIX, data="emotion", name="six"))
    setting = look_closer(overview, WINDOW)
    html = report_html(overview, setting, load_published())
    for name in SIX:
        assert f"Label {name}" in html
    assert words.scores(setting, 6) in html
    assert "Matthews correlation" not in words.scores(setting, 6)
    lines = list(csv.DictReader(io.StringIO(points_csv(overview))))
    assert [float(line["macro_f1"]) for line in lines] == [p.macro_f1 for p in overview.points]


def test_two_labels_have_a_correlation_too(overview: Overview) -> None:
    setting = look_closer(overview, WINDOW)
    label = replay(WINDOW, overview.table.probs).label
    expected = matthews_corrcoef(overview.table.gold, label)
    assert setting.point.matthews == pytest.approx(expected)
    shown = {title: value for title, value, _, _ in words.score_metrics(setting, 2)}
    assert shown[words.METRIC_MATTHEWS] == f"{expected:.2f}".replace("-", "−")
    assert "Matthews correlation" in words.scores(setting, 2)


def test_the_csv_holds_the_measured_speed_up_where_there_is_one(overview: Overview) -> None:
    lines = list(csv.DictReader(io.StringIO(points_csv(overview))))
    for line, point in zip(lines, overview.points, strict=True):
        # every layer of the made-up table takes two milliseconds
        assert float(line["measured_layer_speed_up"]) == pytest.approx(point.speed_up_ratio)
    untimed = look_at(replace(make_table(n_rows=20), layer_ms=np.zeros(12)))
    lines = list(csv.DictReader(io.StringIO(points_csv(untimed))))
    assert {line["measured_layer_speed_up"] for line in lines} == {""}
