"""ELBERT: early exit for ALBERT, made visible.

Everything public is named here and loaded when first asked for, so that `import elbert_core` costs
neither torch nor transformers. Policies, results and replay need numpy only.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_WHERE = {
    "ElbertError": "errors",
    "CheckpointError": "errors",
    "ConfigError": "errors",
    "InputError": "errors",
    "NumericsError": "errors",
    "BatchExits": "results",
    "ExitReason": "results",
    "Exits": "results",
    "LayerTrace": "results",
    "RowExit": "results",
    "confidence": "uncertainty",
    "jensen_shannon": "uncertainty",
    "label_margin": "uncertainty",
    "normalised_entropy": "uncertainty",
    "ConfidenceThreshold": "policies",
    "ConfidenceWindow": "policies",
    "DistributionPatience": "policies",
    "EntropyThreshold": "policies",
    "ExitPolicy": "policies",
    "FixedLayer": "policies",
    "History": "policies",
    "NeverExit": "policies",
    "POLICIES": "policies",
    "Patience": "policies",
    "policy_from_dict": "policies",
    "policy_to_dict": "policies",
    "replay": "policies",
    "Decision": "policies.explanation",
    "explain": "policies.explanation",
    "trace_from_json": "reading.traces",
    "trace_to_csv": "reading.traces",
    "trace_to_json": "reading.traces",
    "SweepPoint": "evaluation.sweeps",
    "sweep": "evaluation.sweeps",
    "EvaluationTable": "evaluation.tables",
    "load_evaluation": "evaluation.tables",
    "save_evaluation": "evaluation.tables",
    "policy_grids": "evaluation.sweeps",
    "pareto_front": "evaluation.sweeps",
    "compare": "evaluation.comparison",
    "tune": "evaluation.calibration",
    "rows_needed": "evaluation.calibration",
    "tune_conformal": "evaluation.conformal",
    "save_policy": "policy_files",
    "load_policy": "policy_files",
    "evaluate": "evaluation.recording",
    "TeacherConfig": "training.teachers",
    "finetune_teacher": "training.teachers",
    "EarlyExitEngine": "engine.engine",
    "load_engine": "engine.engine",
    "ElbertConfig": "model.modeling",
    "ElbertForSequenceClassification": "model.modeling",
    "LayerWeights": "training.losses",
    "check_checkpoint": "model.checkpoints",
    "list_checkpoints": "model.checkpoints",
    "load_checkpoint": "model.checkpoints",
    "save_checkpoint": "model.checkpoints",
    "load_table": "data.texts",
    "TrainConfig": "training.train",
    "train": "training.train",
    "DistillConfig": "training.distillation",
    "distill": "training.distillation",
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604  # the names below are strings

if TYPE_CHECKING:
    from elbert_core.data.texts import load_table as load_table
    from elbert_core.engine.engine import EarlyExitEngine as EarlyExitEngine
    from elbert_core.engine.engine import load_engine as load_engine
    from elbert_core.errors import (
        CheckpointError as CheckpointError,
    )
    from elbert_core.errors import (
        ConfigError as ConfigError,
    )
    from elbert_core.errors import (
        ElbertError as ElbertError,
    )
    from elbert_core.errors import (
        InputError as InputError,
    )
    from elbert_core.errors import (
        NumericsError as NumericsError,
    )
    from elbert_core.evaluation.calibration import rows_needed as rows_needed
    from elbert_core.evaluation.calibration import tune as tune
    from elbert_core.evaluation.comparison import compare as compare
    from elbert_core.evaluation.conformal import tune_conformal as tune_conformal
    from elbert_core.evaluation.recording import evaluate as evaluate
    from elbert_core.evaluation.sweeps import SweepPoint as SweepPoint
    from elbert_core.evaluation.sweeps import pareto_front as pareto_front
    from elbert_core.evaluation.sweeps import policy_grids as policy_grids
    from elbert_core.evaluation.sweeps import sweep as sweep
    from elbert_core.evaluation.tables import EvaluationTable as EvaluationTable
    from elbert_core.evaluation.tables import load_evaluation as load_evaluation
    from elbert_core.evaluation.tables import save_evaluation as save_evaluation
    from elbert_core.model.check import check_checkpoint as check_checkpoint
    from elbert_core.model.checkpoints import (
        list_checkpoints as list_checkpoints,
    )
    from elbert_core.model.checkpoints import (
        load_checkpoint as load_checkpoint,
    )
    from elbert_core.model.checkpoints import (
        save_checkpoint as save_checkpoint,
    )
    from elbert_core.model.modeling import (
        ElbertConfig as ElbertConfig,
    )
    from elbert_core.model.modeling import (
        ElbertForSequenceClassification as ElbertForSequenceClassification,
    )
    from elbert_core.policies import (
        POLICIES as POLICIES,
    )
    from elbert_core.policies import (
        ConfidenceThreshold as ConfidenceThreshold,
    )
    from elbert_core.policies import (
        ConfidenceWindow as ConfidenceWindow,
    )
    from elbert_core.policies import (
        DistributionPatience as DistributionPatience,
    )
    from elbert_core.policies import (
        EntropyThreshold as EntropyThreshold,
    )
    from elbert_core.policies import (
        ExitPolicy as ExitPolicy,
    )
    from elbert_core.policies import (
        FixedLayer as FixedLayer,
    )
    from elbert_core.policies import (
        History as History,
    )
    from elbert_core.policies import (
        NeverExit as NeverExit,
    )
    from elbert_core.policies import (
        Patience as Patience,
    )
    from elbert_core.policies import (
        policy_from_dict as policy_from_dict,
    )
    from elbert_core.policies import (
        policy_to_dict as policy_to_dict,
    )
    from elbert_core.policies import (
        replay as replay,
    )
    from elbert_core.policies.explanation import Decision as Decision
    from elbert_core.policies.explanation import explain as explain
    from elbert_core.policy_files import load_policy as load_policy
    from elbert_core.policy_files import save_policy as save_policy
    from elbert_core.reading.traces import (
        trace_from_json as trace_from_json,
    )
    from elbert_core.reading.traces import (
        trace_to_csv as trace_to_csv,
    )
    from elbert_core.reading.traces import (
        trace_to_json as trace_to_json,
    )
    from elbert_core.results import (
        BatchExits as BatchExits,
    )
    from elbert_core.results import (
        ExitReason as ExitReason,
    )
    from elbert_core.results import (
        Exits as Exits,
    )
    from elbert_core.results import (
        LayerTrace as LayerTrace,
    )
    from elbert_core.results import (
        RowExit as RowExit,
    )
    from elbert_core.training.distillation import DistillConfig as DistillConfig
    from elbert_core.training.distillation import distill as distill
    from elbert_core.training.losses import LayerWeights as LayerWeights
    from elbert_core.training.teachers import TeacherConfig as TeacherConfig
    from elbert_core.training.teachers import finetune_teacher as finetune_teacher
    from elbert_core.training.train import TrainConfig as TrainConfig
    from elbert_core.training.train import train as train
    from elbert_core.uncertainty import (
        confidence as confidence,
    )
    from elbert_core.uncertainty import (
        jensen_shannon as jensen_shannon,
    )
    from elbert_core.uncertainty import (
        label_margin as label_margin,
    )
    from elbert_core.uncertainty import (
        normalised_entropy as normalised_entropy,
    )


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
