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
    "BatchExits": "results",
    "ExitReason": "results",
    "Exits": "results",
    "LayerTrace": "results",
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
    "Decision": "explanation",
    "explain": "explanation",
    "trace_from_json": "traces",
    "trace_to_csv": "traces",
    "trace_to_json": "traces",
    "SweepPoint": "evaluation",
    "sweep": "evaluation",
    "EarlyExitEngine": "engine",
    "load_engine": "engine",
    "ElbertConfig": "modeling",
    "ElbertForSequenceClassification": "modeling",
    "LayerWeights": "losses",
    "check_checkpoint": "checkpoints",
    "list_checkpoints": "checkpoints",
    "load_checkpoint": "checkpoints",
    "save_checkpoint": "checkpoints",
    "load_table": "data",
    "TrainConfig": "training",
    "train": "training",
    "DistillConfig": "distillation",
    "distill": "distillation",
}

__all__ = ["__version__", *_WHERE]  # noqa: PLE0604  # the names below are strings

if TYPE_CHECKING:
    from elbert_core.checkpoints import (
        check_checkpoint as check_checkpoint,
        list_checkpoints as list_checkpoints,
        load_checkpoint as load_checkpoint,
        save_checkpoint as save_checkpoint,
    )
    from elbert_core.data import load_table as load_table
    from elbert_core.distillation import DistillConfig as DistillConfig, distill as distill
    from elbert_core.engine import EarlyExitEngine as EarlyExitEngine, load_engine as load_engine
    from elbert_core.errors import (
        CheckpointError as CheckpointError,
        ConfigError as ConfigError,
        ElbertError as ElbertError,
        InputError as InputError,
    )
    from elbert_core.evaluation import SweepPoint as SweepPoint, sweep as sweep
    from elbert_core.explanation import Decision as Decision, explain as explain
    from elbert_core.losses import LayerWeights as LayerWeights
    from elbert_core.modeling import (
        ElbertConfig as ElbertConfig,
        ElbertForSequenceClassification as ElbertForSequenceClassification,
    )
    from elbert_core.policies import (
        POLICIES as POLICIES,
        ConfidenceThreshold as ConfidenceThreshold,
        ConfidenceWindow as ConfidenceWindow,
        DistributionPatience as DistributionPatience,
        EntropyThreshold as EntropyThreshold,
        ExitPolicy as ExitPolicy,
        FixedLayer as FixedLayer,
        History as History,
        NeverExit as NeverExit,
        Patience as Patience,
        policy_from_dict as policy_from_dict,
        policy_to_dict as policy_to_dict,
        replay as replay,
    )
    from elbert_core.results import (
        BatchExits as BatchExits,
        ExitReason as ExitReason,
        Exits as Exits,
        LayerTrace as LayerTrace,
    )
    from elbert_core.traces import (
        trace_from_json as trace_from_json,
        trace_to_csv as trace_to_csv,
        trace_to_json as trace_to_json,
    )
    from elbert_core.training import TrainConfig as TrainConfig, train as train
    from elbert_core.uncertainty import (
        confidence as confidence,
        jensen_shannon as jensen_shannon,
        label_margin as label_margin,
        normalised_entropy as normalised_entropy,
    )


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
