import pytest
import torch
from torch import nn

from sklearn_ecg.training._dataset import BeatDataset
from sklearn_ecg.training._statistics import recompute_statistics
from sklearn_ecg.training._weighted_norms import moments, normalized


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
