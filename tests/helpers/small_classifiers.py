"""Small classifiers that train in no time, and networks of a user's own."""

import torch

from sklearn_ecg.networks._networks import BeatCNN, prunable_weights

QUICK = {
    "n_epochs": 2,
    "stage_epochs": 1,
    "n_stages": 2,
    "batch_size": 32,
    "module_params": {"conv_channels": (4, 8), "kernel_sizes": (5, 3), "n_hidden": 8},
    "random_state": 0,
}


class Averages(torch.nn.Module):
    """A user's own network, which knows nothing of rhythm."""

    def __init__(self, n_channels, n_samples, n_rhythm, n_classes, width=4, n_out=None):
        super().__init__()
        self.conv = torch.nn.Conv1d(n_channels, width, 5)
        self.out = torch.nn.Linear(width, n_out or n_classes)

    def forward(self, signal, rhythm):
        return self.out(self.conv(signal).relu().mean(dim=2))


class InPlace(Averages):
    """It works on its input in place."""

    def forward(self, signal, rhythm):
        signal -= signal.mean(dim=2, keepdim=True)
        return super().forward(signal, rhythm)


class WeightNormed(Averages):
    """Its dense layer computes its weight anew at every use."""

    def __init__(self, *shape):
        super().__init__(*shape)
        torch.nn.utils.parametrizations.weight_norm(self.out)


def n_nonzero(classifier):
    return sum(int(w.count_nonzero()) for w in prunable_weights(classifier.module_))


class BeatCNNInDouble(BeatCNN):
    """The default network, computing in float64."""

    def __init__(self, *shape, **widths):
        super().__init__(*shape, **widths)
        self.double()

    def forward(self, signal, rhythm):
        return super().forward(signal.double(), rhythm.double())
