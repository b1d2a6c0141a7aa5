import numpy as np
import pytest
import torch
from torch import nn

from sklearn_ecg import PrunedCNNClassifier
from sklearn_ecg.training._batch_norm import moments, normalized, recompute_statistics
from sklearn_ecg.training._dataset import Augmentation, BeatDataset


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(9, 3, 5, generator=generator, dtype=torch.float64)
    weights = torch.tensor([1.0, 2, 3, 1, 1, 4, 2, 1, 5])
    return inputs, weights, inputs.repeat_interleave(weights.long(), dim=0)


def test_moments_are_those_of_repeated_beats(batch):
    inputs, weights, repeated = batch
    mean, variance = moments(inputs, weights)
    torch.testing.assert_close(mean, repeated.mean((0, 2)))
    torch.testing.assert_close(variance, repeated.var((0, 2), correction=0))


@pytest.mark.parametrize("affine", [True, False])
def test_a_weighted_batch_is_normalized_as_repeated_beats_are(batch, affine):
    inputs, weights, repeated = batch
    norm = nn.BatchNorm1d(3, affine=affine).double().train()
    if affine:
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    expected = norm(repeated)
    output = normalized(norm, inputs, weights)
    torch.testing.assert_close(
        output.repeat_interleave(weights.long(), dim=0), expected
    )


class Stacked(nn.Module):
    """A norm over beats, and one that sees two pieces of each beat."""

    def __init__(self):
        super().__init__()
        self.whole = nn.BatchNorm1d(1).double()
        self.pieces = nn.BatchNorm1d(1).double()

    def forward(self, signal, rhythm):
        beats = self.whole(signal)
        return self.pieces(torch.cat(beats.split(5, dim=2)))


@pytest.mark.parametrize("n_beats", [50, 9000])
def test_statistics_are_those_of_repeated_beats(n_beats):
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(n_beats, 10, generator=generator, dtype=torch.float64)
    weights = torch.randint(1, 4, (n_beats,), generator=generator).float()
    weighted, repeated = Stacked(), Stacked()
    classes = torch.zeros(n_beats, dtype=torch.int64)
    data = BeatDataset(rows, classes, (1, 10), weights=weights)
    recompute_statistics(weighted, data)
    index = torch.arange(n_beats).repeat_interleave(weights.long())
    recompute_statistics(repeated, BeatDataset(rows[index], classes[index], (1, 10)))
    # Of many beats, other parts go through at once, whose variances leave out what
    # lies between the parts.
    rtol, atol = (1e-9, 1e-12) if n_beats == 50 else (1e-2, 1e-3)
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(
            getattr(weighted.whole, name),
            getattr(repeated.whole, name),
            rtol=rtol,
            atol=atol,
        )
    assert weighted.pieces.running_var.item() != 1
    assert weighted.whole.momentum == weighted.pieces.momentum == 0.1
    assert not weighted.whole._forward_hooks
    assert not weighted.whole._forward_pre_hooks


def test_small_weights_do_not_make_fewer_beats():
    rows = torch.randn(50, 10, dtype=torch.float64)
    weights = torch.linspace(1, 2, 50)
    variances = []
    for scale in (1e-3, 1e-6):
        network = Stacked()
        data = BeatDataset(
            rows, torch.zeros(50, dtype=torch.int64), (1, 10), weights=scale * weights
        )
        recompute_statistics(network, data)
        variances.append(network.whole.running_var)
    torch.testing.assert_close(*variances, rtol=1e-6, atol=0)


SMALL = {"conv_channels": (4, 8), "kernel_sizes": (5, 5), "n_hidden": 8}


def windows(n_beats, n_samples=30):
    """Two kinds of waves that a glance tells apart, in noise."""
    random = np.random.RandomState(0)
    waves = np.array([[0.0] * n_samples, np.hanning(n_samples) * 3])
    y = random.randint(2, size=n_beats)
    X = waves[y] + 0.3 * random.randn(n_beats, n_samples)
    return X.astype(np.float32), np.array(["N", "V"])[y]


@pytest.mark.parametrize("n_epochs", [1, 2, 30])
@pytest.mark.parametrize("batch_size", [16, 256, 1024])
@pytest.mark.parametrize("structure", ["weight", "channel"])
def test_the_last_train_score_is_what_score_gives(n_epochs, batch_size, structure):
    X, y = windows(600)
    classifier = PrunedCNNClassifier(
        0.5,
        n_stages=2,
        n_epochs=n_epochs,
        stage_epochs=1,
        batch_size=batch_size,
        structure=structure,
        module_params=SMALL,
        random_state=0,
    ).fit(X, y)
    for stage, row in enumerate(classifier.stages_):
        assert row["train_score"] == classifier.at_stage(stage).score(X, y)


def test_a_short_fit_is_as_right_as_it_was_while_training():
    X, y = windows(600)
    classifier = PrunedCNNClassifier(0, n_epochs=4, random_state=0).fit(X, y)
    assert classifier.stages_[0]["scores"][-1] > 0.99
    assert classifier.score(X, y) > 0.99


def test_early_stopping_judges_the_network_as_it_will_be_used():
    X, y = windows(600)
    classifier = PrunedCNNClassifier(
        0, n_epochs=3, early_stopping=True, random_state=0
    ).fit(X, y)
    [row] = classifier.stages_
    assert row["validation_losses"][-1] < row["losses"][-1]


def test_the_statistics_are_those_of_all_beats():
    torch.manual_seed(0)
    rows = 3 + 2 * torch.randn(1000, 10)
    data = BeatDataset(rows, torch.zeros(1000, dtype=torch.int64), (1, 10))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(1, momentum=0.3)
            self.dropout = nn.Dropout(0.9)

        def forward(self, signal, rhythm):
            assert not self.dropout.training
            return self.norm(signal)

    network = Network().train()
    recompute_statistics(network, data)
    assert network.norm.running_mean.item() == pytest.approx(rows.mean().item())
    assert network.norm.running_var.item() == pytest.approx(rows.var().item())
    assert network.norm.momentum == 0.3
    assert not network.training
    assert not network.norm.training


def test_the_statistics_are_those_of_windows_varied_as_while_training():
    rows = torch.zeros(4000, 10)
    data = BeatDataset(rows, torch.zeros(4000, dtype=torch.int64), (1, 10))
    generator = torch.Generator().manual_seed(1)
    before = generator.get_state()
    variances = []
    for augmentation in (None, Augmentation(0, 0.6, generator)):
        network = nn.Module()
        network.norm = nn.BatchNorm1d(1)
        network.forward = lambda signal, rhythm, norm=network.norm: norm(signal)
        for _ in range(2):
            recompute_statistics(network, data, augmentation)
            variances.append(network.norm.running_var.item())
    plain, again, noisy, noisy_again = variances
    assert plain == again == 0
    # The mean square of a level drawn evenly up to 0.6.
    assert noisy == pytest.approx(0.6**2 / 3, rel=0.1)
    assert noisy == noisy_again
    assert torch.equal(generator.get_state(), before)


def test_the_statistics_do_not_depend_on_the_order_of_the_beats():
    rows = torch.cat([torch.full((4000, 10), value) for value in (-1.0, 1.0)])
    data = BeatDataset(rows, torch.zeros(8000, dtype=torch.int64), (1, 10))
    network = nn.Module()
    network.norm = nn.BatchNorm1d(1)
    network.forward = lambda signal, rhythm: network.norm(signal)
    recompute_statistics(network, data)
    assert network.norm.running_var.item() == pytest.approx(1.0, rel=1e-3)
