import pytest
import torch

from sklearn_ecg.networks._networks import (
    Acharya2017,
    BeatCNN,
    TwoBranch,
    complexity,
    prunable_weights,
)


@pytest.mark.parametrize("network", [BeatCNN, Acharya2017])
@pytest.mark.parametrize("n_rhythm", [0, 3])
def test_networks_give_a_logit_for_each_class(network, n_rhythm):
    module = network(2, 60, n_rhythm, 4).eval()
    assert module(torch.randn(5, 2, 60), torch.randn(5, n_rhythm)).shape == (5, 4)


@pytest.mark.parametrize("n_samples", [1, 2, 3, 5])
def test_beat_cnn_takes_windows_too_short_to_halve_four_times(n_samples):
    module = BeatCNN(1, n_samples, 0, 2).eval()
    assert module(torch.randn(3, 1, n_samples), torch.empty(3, 0)).shape == (3, 2)


@pytest.mark.parametrize("n_samples", [60, 63])
def test_logits_are_the_same_to_the_bit_with_and_without_gradients(n_samples):
    module = BeatCNN(2, n_samples, 3, 4).eval()
    inputs = torch.randn(5, 2, n_samples), torch.randn(5, 3)
    with torch.no_grad():
        without = module(*inputs)
    assert torch.equal(module(*inputs), without)


def test_rhythm_reaches_the_logits():
    for network in (BeatCNN, Acharya2017):
        module = network(1, 60, 2, 3).eval()
        signal = torch.randn(1, 1, 60)
        one = module(signal, torch.zeros(1, 2))
        other = module(signal, torch.ones(1, 2))
        assert not torch.equal(one, other)


def test_acharya_has_the_layers_of_the_paper():
    shapes = [
        tuple(weight.shape) for weight in prunable_weights(Acharya2017(1, 260, 0, 5))
    ]
    assert shapes == [(5, 1, 3), (10, 5, 4), (20, 10, 4), (30, 600), (20, 30), (5, 20)]


def test_acharya_names_the_shortest_window():
    Acharya2017(1, 28, 0, 5)
    with pytest.raises(ValueError, match="at least 28 samples, got 27"):
        Acharya2017(1, 27, 0, 5)


def test_beat_cnn_names_bad_sizes():
    with pytest.raises(ValueError, match="one kernel size for each convolution"):
        BeatCNN(1, 60, 0, 5, conv_channels=(4,), kernel_sizes=(3, 3))
    with pytest.raises(ValueError, match="kernel_sizes must be odd"):
        BeatCNN(1, 60, 0, 5, conv_channels=(4,), kernel_sizes=(4,))


def test_complexity_counts_what_a_beat_costs():
    module = BeatCNN(1, 8, 1, 2, conv_channels=(2,), kernel_sizes=(3,), n_hidden=3)
    with torch.no_grad():
        module.blocks[0][0].weight.flatten()[:4] = 0
    cost = complexity(module, torch.zeros(1, 1, 8), torch.zeros(1, 1))
    conv, hidden, output = 2 * 3, (2 * 4 + 1) * 3, 3 * 2
    assert cost.n_prunable == conv + hidden + output
    assert cost.n_nonzero == cost.n_prunable - 4
    assert cost.dense_macs == conv * 8 + hidden + output
    assert cost.macs == cost.dense_macs - 4 * 8
    assert cost.n_parameters == sum(p.numel() for p in module.parameters())
    assert cost.dense_bytes == 4 * cost.n_parameters
    # Two non-zeros of six cost three bytes with a bitmap; the others stay dense.
    assert cost.n_bytes == (2 + 1) + hidden + output
    assert cost.sparsity == pytest.approx(4 / cost.n_prunable)


def test_complexity_leaves_no_trace():
    module = BeatCNN(1, 8, 0, 2).train()
    complexity(module, torch.zeros(1, 1, 8), torch.zeros(1, 0))
    assert module.training
    assert not any(layer._forward_hooks for layer in module.modules())


def test_shared_weights_count_once():
    layer = torch.nn.Linear(3, 3)
    assert (
        len(prunable_weights(torch.nn.Sequential(layer, torch.nn.ReLU(), layer))) == 1
    )


class TestTwoBranch:
    def make(self, classes=("F", "N", "Q", "S", "V"), **parameters):
        torch.manual_seed(0)
        return TwoBranch(1, 60, 3, len(classes), classes=classes, **parameters).eval()

    def test_gives_a_logit_for_each_class(self):
        logits = self.make()(torch.randn(7, 1, 60), torch.randn(7, 3))
        assert logits.shape == (7, 5)

    def test_window_cannot_tell_classes_of_one_morphology_apart(self):
        module, rhythm = self.make(), torch.randn(1, 3).expand(9, 3)
        logits = module(torch.randn(9, 1, 60), rhythm)
        of_n, of_s, of_v = logits[:, 1], logits[:, 3], logits[:, 4]
        torch.testing.assert_close(of_n - of_s, (of_n - of_s)[:1].expand(9))
        assert (of_n - of_v).std() > 0

    def test_rhythm_tells_them_apart(self):
        logits = self.make()(torch.randn(1, 1, 60).expand(9, 1, 60), torch.randn(9, 3))
        assert (logits[:, 1] - logits[:, 3]).std() > 0

    def test_labels_without_a_like_are_on_their_own(self):
        module = self.make(classes=(0, 1, 2))
        assert module.morphology_of_class.tolist() == [0, 1, 2]
        module = self.make(classes=(0, 1, 2), same_morphology=[(1, 2)])
        assert module.morphology_of_class.tolist() == [0, 1, 1]

    def test_window_is_not_looked_at_for_a_part_of_the_training(self):
        module = self.make(morphology_dropout=0.5, dropout=0.0, feature_noise=0.0)
        signal, rhythm = torch.randn(400, 1, 60), torch.zeros(400, 3)
        module.train()
        module.morphology.weight.data.fill_(1.0)
        unseen = module(signal, rhythm)
        base = module.rhythm(module.rhythm_norm(rhythm))
        share = (unseen == base).all(dim=1).float().mean()
        assert 0.35 < share < 0.65

    def test_features_are_dropped_and_noisy_while_training_only(self):
        module = self.make(morphology_dropout=0.0, dropout=0.0, feature_noise=0.5)
        signal, rhythm = torch.randn(50, 1, 60), torch.randn(50, 3)
        module.train()
        assert not torch.equal(module(signal, rhythm), module(signal, rhythm))
        module.feature_noise = 0.0
        module.dropout = 0.5
        assert not torch.equal(module(signal, rhythm), module(signal, rhythm))
        module.eval()
        assert torch.equal(module(signal, rhythm), module(signal, rhythm))

    def test_without_features_beside_the_window_it_says_what_to_do(self):
        with pytest.raises(ValueError, match="relative_features='all'"):
            TwoBranch(1, 60, 0, 2, classes=("N", "V"))

    def test_groups_without_their_brackets_are_refused(self):
        with pytest.raises(ValueError, match="must be a list of groups"):
            self.make(same_morphology=("N", "S"))
