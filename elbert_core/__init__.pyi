# Every public name, once: read by type checkers, and by the package itself, which loads a name when
# it is first asked for.
from .data.texts import load_table as load_table
from .engine.engine import EarlyExitEngine as EarlyExitEngine, load_engine as load_engine
from .errors import (
    CheckpointError as CheckpointError,
    ConfigError as ConfigError,
    ElbertError as ElbertError,
    InputError as InputError,
    NumericsError as NumericsError,
)
from .evaluation.calibration import rows_needed as rows_needed, tune as tune
from .evaluation.comparison import compare as compare
from .evaluation.conformal import tune_conformal as tune_conformal
from .policy_files import load_policy as load_policy, save_policy as save_policy
from .evaluation.recording import evaluate as evaluate
from .evaluation.sweeps import (
    SweepPoint as SweepPoint,
    pareto_front as pareto_front,
    policy_grids as policy_grids,
    sweep as sweep,
)
from .evaluation.tables import (
    EvaluationTable as EvaluationTable,
    load_evaluation as load_evaluation,
    save_evaluation as save_evaluation,
)
from .model.check import check_checkpoint as check_checkpoint
from .model.checkpoints import (
    list_checkpoints as list_checkpoints,
    load_checkpoint as load_checkpoint,
    save_checkpoint as save_checkpoint,
)
from .model.modeling import (
    ElbertConfig as ElbertConfig,
    ElbertForSequenceClassification as ElbertForSequenceClassification,
)
from .policies import (
    POLICIES as POLICIES,
    ConfidenceThreshold as ConfidenceThreshold,
    ConfidenceWindow as ConfidenceWindow,
    ConsecutiveConfidence as ConsecutiveConfidence,
    DistributionPatience as DistributionPatience,
    Energy as Energy,
    EntropyThreshold as EntropyThreshold,
    ExitPolicy as ExitPolicy,
    FixedLayer as FixedLayer,
    History as History,
    NeverExit as NeverExit,
    Patience as Patience,
    policy_from_dict as policy_from_dict,
    policy_from_text as policy_from_text,
    policy_to_dict as policy_to_dict,
    policy_to_text as policy_to_text,
    replay as replay,
)
from .policies.explanation import Decision as Decision, explain as explain
from .reading.traces import (
    trace_from_json as trace_from_json,
    trace_to_csv as trace_to_csv,
    trace_to_json as trace_to_json,
)
from .results import (
    BatchExits as BatchExits,
    ExitReason as ExitReason,
    Exits as Exits,
    LayerTrace as LayerTrace,
    RowExit as RowExit,
)
from .training.distillation import DistillConfig as DistillConfig, distill as distill
from .training.losses import LayerWeights as LayerWeights
from .training.teachers import TeacherConfig as TeacherConfig, finetune_teacher as finetune_teacher
from .training.train import TrainConfig as TrainConfig, train as train
from .uncertainty import (
    confidence as confidence,
    jensen_shannon as jensen_shannon,
    label_margin as label_margin,
    normalised_entropy as normalised_entropy,
)

__version__: str
