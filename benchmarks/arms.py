"""The arms of the comparison of pruning methods, and how one is run.

All arms start from one dense checkpoint, see the same batches in the same order, and
take the same number of optimizer steps; they differ in what `Arm` says. A new arm is a
new entry of `ARMS` or of `ABLATIONS`.

Training and pruning are the package's own. With the defaults, the arm ``multistage`` is
to the bit `PrunedCNNClassifier` with the budget's epochs (a test sees to it).
"""

import contextlib
import copy
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from narrow import narrow_network
from protocols import Split
from torch import nn

from sklearn_ecg.classifier import build_network
from sklearn_ecg.classifier._data import as_tensor
from sklearn_ecg.classifier._stage_record import complexity_of
from sklearn_ecg.networks import output_positions, prunable_weights
from sklearn_ecg.pruning import apply_masks, prune, stage_sparsities
from sklearn_ecg.training import (
    Augmentation,
    BeatDataset,
    BeatLoss,
    TrainingPlan,
    infer,
    seeded,
    split_rows,
)
from sklearn_ecg.training._dataset import BatchIterator
from sklearn_ecg.training._train import train
from sklearn_ecg.windows._columns import InputLayout

LEARNING_RATE = 0.012
# Fixed beforehand. Of the values that are usual for fine-tuning, a hundredth to a tenth
# of the peak, the highest: it trains most, which favours the arms compared with ours.
SMALL_LEARNING_RATE = LEARNING_RATE / 10
WEIGHT_DECAY = 1e-4


@dataclass(frozen=True)
class Budget:
    """What every arm may spend, and how it trains."""

    dense_epochs: int
    stage_epochs: tuple[int, ...]
    batch_size: int
    learning_rate: float = LEARNING_RATE
    max_shift: int = 0
    max_noise: float = 0.0

    @property
    def n_stages(self):
        """Stages of an arm that has some."""
        return len(self.stage_epochs)

    @property
    def retraining_epochs(self):
        """Epochs after the dense checkpoint."""
        return sum(self.stage_epochs)


# More at the end, as beats held out inside DS1 ask for.
BUDGET = Budget(dense_epochs=8, stage_epochs=(1, 1, 2, 4), batch_size=256)
QUICK_BUDGET = Budget(dense_epochs=2, stage_epochs=(1, 3), batch_size=32)


@dataclass(frozen=True)
class Arm:
    """One way to spend the budget.

    Attributes
    ----------
    description : str
        For the documentation.
    method : {"prune", "random", "dense", "small"}
        Prune the checkpoint; zero as many weights of each layer as `like` did, but at
        random; train the checkpoint on, unpruned; or train a dense network of as many
        weights from its start.
    in_stages : bool
        Retrain after each stage of the budget, rather than once.
    schedule : str
        Sparsity after each stage.
    pruning : dict
        Further arguments of the package's `prune`.
    learning_rate : float or None
        Constant; None follows the one-cycle schedule, anew in each stage.
    distillation : float
        Share of the loss that follows the checkpoint's logits.
    like : str or None
        The arm whose layers' non-zeros are taken over.
    by_macs : bool
        Whether the sparsity is that of the multiplications.
    equal_stages : bool
        Whether every stage takes as many epochs.
    """

    description: str
    method: str = "prune"
    in_stages: bool = True
    schedule: str = "cubic"
    pruning: dict = field(default_factory=dict)
    learning_rate: float | None = None
    distillation: float = 0.5
    like: str | None = None
    by_macs: bool = False
    equal_stages: bool = False


_FRACTION = f"a {round(LEARNING_RATE / SMALL_LEARNING_RATE)}th of the peak"

ARMS = {
    "dense": Arm(
        "the dense network, trained on at the full schedule",
        method="dense",
        in_stages=False,
        distillation=0,
    ),
    "one-shot weak": Arm(
        f"prune at once, then fine-tune at a constant learning rate, {_FRACTION}, "
        "without distillation",
        in_stages=False,
        learning_rate=SMALL_LEARNING_RATE,
        distillation=0,
    ),
    "one-shot strong": Arm(
        "prune at once, then retrain at the full schedule, with distillation",
        in_stages=False,
    ),
    "multistage": Arm(
        "prune and retrain in stages: the package's defaults, with more epochs at the "
        "end"
    ),
    "random": Arm(
        "as one-shot strong, with masks drawn at random that leave each layer as many "
        "weights as multistage does",
        method="random",
        in_stages=False,
        like="multistage",
    ),
    "small dense": Arm(
        "a dense network with narrower layers and about as many weights, trained from "
        "its start for all epochs",
        method="small",
        in_stages=False,
        distillation=0,
    ),
}

ABLATIONS = {
    "magnitude": Arm("magnitude instead of LAMP", pruning={"criterion": "magnitude"}),
    "linear": Arm("linear schedule instead of cubic", schedule="linear"),
    "geometric": Arm("geometric schedule instead of cubic", schedule="geometric"),
    "equal stages": Arm("as many epochs in every stage", equal_stages=True),
    "no rewinding": Arm(
        f"a constant learning rate in the stages, {_FRACTION}",
        learning_rate=SMALL_LEARNING_RATE,
    ),
    "no distillation": Arm("labels only", distillation=0),
    "no layer floor": Arm("no least share of a layer", pruning={"layer_floor": 0}),
    "equal layers": Arm("the same sparsity in every layer", pruning={"layer_floor": 1}),
    "pairs": Arm("neighbouring weights pruned in pairs", pruning={"width": 2}),
    "budget in MACs": Arm(
        "the sparsity is that of the multiplications, not of the weights", by_macs=True
    ),
}

ALL_ARMS = ARMS | ABLATIONS


@dataclass(frozen=True)
class Material:
    """Windows, shared by all arms, and the split that says which to train on."""

    split: Split
    windows: np.ndarray
    layout: InputLayout

    def training_data(self):
        """Return the training part as tensors."""
        return dataset_of(*self.split.training(self.windows), self.layout)

    def predict(self, module):
        """Predict the test part."""
        rows, _ = self.split.testing(self.windows)
        _, y = self.split.training(self.windows)
        return labels_of(module, rows, self.layout, np.unique(y))


def dataset_of(rows, y, layout):
    """Return beats as tensors, and their classes."""
    classes, codes = np.unique(y, return_inverse=True)
    inputs = as_tensor(layout.arrange(rows))
    return BeatDataset(inputs, torch.from_numpy(codes), layout.window_shape), classes


def labels_of(module, rows, layout, classes):
    """Return the most probable classes by a network."""
    logits = infer(module, as_tensor(layout.arrange(rows)), layout.window_shape)
    return classes[logits.argmax(dim=1).numpy()]


@dataclass(frozen=True)
class Checkpoint:
    """A dense network, and the state of both random generators after its training."""

    module: nn.Module
    n_steps: int
    weights_and_dropout: torch.Tensor
    batches: torch.Tensor


@dataclass(frozen=True)
class Outcome:
    """A network that an arm made, and the optimizer steps it took from the start."""

    module: nn.Module
    n_steps: int


def train_checkpoint(material, network, seed, budget):
    """Train the dense network that all arms start from."""
    data, classes = material.training_data()
    with seeded(np.random.RandomState(seed), "cpu") as batches:
        module = build_network(network, None, material.layout, classes)
        plan = _plan(budget, batches)
        n_steps = _train(module, data, plan, budget.dense_epochs, budget.learning_rate)
        states = torch.get_rng_state(), batches.get_state()
    return Checkpoint(module, n_steps, *states)


def run_arm(arm, material, checkpoint, sparsity, *, seed, network, budget, like=None):
    """Spend the budget as an arm says.

    Parameters
    ----------
    arm : Arm
    material : Material
    checkpoint : Checkpoint
        Left as it is.
    sparsity : float
        To reach.
    seed : int
        Of the checkpoint.
    network : str
        Name of the checkpoint's network.
    budget : Budget
    like : sequence of int or None
        Non-zeros of each layer, for an arm that takes them over.

    Returns
    -------
    Outcome
    """
    data, classes = material.training_data()
    if arm.method == "small":
        return _train_small(material, data, classes, sparsity, seed, network, budget)
    module = copy.deepcopy(checkpoint.module)
    if arm.distillation:
        data = replace(data, teacher=infer(module, data.rows, data.window_shape))
    with _resumed(checkpoint) as batches:
        plan = _plan(budget, batches, arm.distillation)
        n_steps = checkpoint.n_steps
        if arm.by_macs:
            macs = output_positions(
                module, **split_rows(data.rows[:1], data.window_shape)
            )
            arm = replace(arm, pruning=arm.pruning | {"macs": macs})
        stages = _stages(arm, module, sparsity, seed, budget, like)
        for masks, n_epochs in stages:
            if masks:
                apply_masks(prunable_weights(module), masks)
            n_steps += _train(
                module,
                data,
                plan,
                n_epochs,
                arm.learning_rate or budget.learning_rate,
                rewind=arm.learning_rate is None,
                masks=masks,
            )
    return Outcome(module, n_steps)


def _stages(arm, module, sparsity, seed, budget, like):
    """Yield the masks of each stage, and its epochs, while the network trains."""
    weights = prunable_weights(module)
    if arm.method == "dense":
        yield [], budget.retraining_epochs
    elif arm.method == "random":
        yield random_masks(weights, like, seed), budget.retraining_epochs
    else:
        masks = _all_alive(module)
        epochs = _stage_epochs(arm, budget)
        stops = stage_sparsities(sparsity, len(epochs), arm.schedule)
        for stop, n_epochs in zip(stops, epochs, strict=True):
            masks = prune(weights, masks, stop, **arm.pruning)
            yield masks, n_epochs


def _stage_epochs(arm, budget):
    if not arm.in_stages:
        return [budget.retraining_epochs]
    if arm.equal_stages:
        return [budget.retraining_epochs // budget.n_stages] * budget.n_stages
    return budget.stage_epochs


def random_masks(weights, n_alive, seed):
    """Masks that keep given numbers of weights of each layer, drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    masks = []
    for weight, n in zip(weights, n_alive, strict=True):
        mask = torch.zeros(weight.numel(), dtype=torch.bool)
        mask[torch.randperm(weight.numel(), generator=generator)[:n]] = True
        masks.append(mask.view_as(weight))
    return masks


def _train_small(material, data, classes, sparsity, seed, network, budget):
    narrow = narrow_network(network, material.layout, len(classes), 1 - sparsity)
    with seeded(np.random.RandomState(seed), "cpu") as batches:
        module = build_network(*narrow, material.layout, classes)
        n_epochs = budget.dense_epochs + budget.retraining_epochs
        plan = _plan(budget, batches)
        n_steps = _train(module, data, plan, n_epochs, budget.learning_rate)
    return Outcome(module, n_steps)


def _all_alive(module):
    return [torch.ones_like(w, dtype=torch.bool) for w in prunable_weights(module)]


@contextlib.contextmanager
def _resumed(checkpoint):
    """Go on drawing where the dense training left off; yield the batches' generator."""
    with torch.random.fork_rng(devices=[]):
        torch.set_rng_state(checkpoint.weights_and_dropout)
        batches = torch.Generator()
        batches.set_state(checkpoint.batches)
        yield batches


def _plan(budget, batches, distillation=0.0):
    augmentation = None
    if budget.max_shift or budget.max_noise:
        augmentation = Augmentation(budget.max_shift, budget.max_noise, batches)
    return TrainingPlan(
        batch_size=budget.batch_size,
        optimizer="adamw",
        momentum=0.9,
        weight_decay=WEIGHT_DECAY,
        loss=BeatLoss(None, distillation),
        patience=None,
        device="cpu",
        generator=batches,
        augmentation=augmentation,
    )


def _train(module, data, plan, n_epochs, learning_rate, *, rewind=True, masks=()):
    """Train, and count the optimizer steps."""
    log = train(
        module,
        data,
        plan,
        n_epochs=n_epochs,
        learning_rate=learning_rate,
        rewind=rewind,
        masks=masks,
    )
    return len(log.loss) * len(BatchIterator(data, plan.batch_size))


def cost(outcome, material):
    """Return what the network of an outcome costs, for the table of results."""
    cost = complexity_of(outcome.module, material.layout)
    alive = [int(weight.count_nonzero()) for weight in prunable_weights(outcome.module)]
    return {
        "n_prunable": cost.n_prunable,
        "n_nonzero": cost.n_nonzero,
        "macs": cost.macs,
        "n_bytes": cost.n_bytes,
        "optimizer_steps": outcome.n_steps,
        "nonzero_by_layer": "/".join(map(str, alive)),
    }
