"""From a network and windows to trained weights: epochs, then the stages."""

# All for other rooms; none of it is public.
from ._dataset import Augmentation, BeatDataset, split_rows, split_validation
from ._stage_loop import PruningPlan, Stage, run_stages
from ._torch_state import ordinary_tensors, ordinary_torch, seeded
from ._train import OPTIMIZERS, BeatLoss, TrainingPlan, infer
