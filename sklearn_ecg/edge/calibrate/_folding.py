"""The float network as a device sees it: batch norm folded into weights and biases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...networks._networks import BeatCNN
from ..twin._arithmetic import convolve, pool_by_two


@dataclass(frozen=True)
class FoldedNetwork:
    """A `BeatCNN` whose batch norms are folded away, in float64.

    Attributes
    ----------
    convolutions : tuple of (weight, bias)
        Weights of shape (n_out, n_in, kernel_size), each followed by a ReLU and
        max-pooling by two.
    hidden, output : (weight, bias)
        Dense layers, of shape (n_out, n_in); `hidden` is followed by a ReLU. Its
        inputs are the pooled maps, channel after channel, then the rhythm features.
    n_rhythm : int
        How many inputs of `hidden` are rhythm features, in seconds and ratios.
    """

    convolutions: tuple[tuple[np.ndarray, np.ndarray], ...]
    hidden: tuple[np.ndarray, np.ndarray]
    output: tuple[np.ndarray, np.ndarray]
    n_rhythm: int

    def activations(self, signal, rhythm):
        """Run the network and keep what each layer hands to the next.

        Parameters
        ----------
        signal : ndarray of shape (n_beats, n_channels, n_samples)
        rhythm : ndarray of shape (n_beats, n_rhythm)

        Returns
        -------
        list of ndarray
            The maps after each convolution, the hidden units, and the logits.
        """
        maps, kept = np.asarray(signal, dtype=np.float64), []
        for weight, bias in self.convolutions:
            maps = np.maximum(pool_by_two(convolve(maps, weight, bias)), 0)
            kept.append(maps)
        inputs = np.hstack([maps.reshape(len(maps), -1), rhythm])
        hidden = np.maximum(inputs @ self.hidden[0].T + self.hidden[1], 0)
        logits = hidden @ self.output[0].T + self.output[1]
        return [*kept, hidden, logits]


def fold(module):
    """Fold the batch norms of a network that is known here.

    Parameters
    ----------
    module : torch.nn.Module
        A fitted network.

    Returns
    -------
    FoldedNetwork

    Raises
    ------
    ValueError
        If it is any other network than a `BeatCNN`, or a `BeatCNN` with more poolings
        than its window has room for.

    Examples
    --------
    >>> folded = fold(BeatCNN(1, 126, 5, n_classes=5).eval())
    >>> [weight.shape for weight, bias in folded.convolutions]
    [(8, 1, 7), (16, 8, 7), (32, 16, 5), (64, 32, 5)]
    """
    if type(module) is not BeatCNN:
        raise ValueError(
            f"A {type(module).__name__} can't be brought to a device: the integer "
            "arithmetic is known for module='beatcnn' only (any module_params)."
        )
    return FoldedNetwork(
        _fold_blocks(module.blocks),
        _fold_hidden(module),
        (_array(module.output.weight), _array(module.output.bias)),
        module.hidden.in_features - _n_pooled(module),
    )


@dataclass(frozen=True)
class FoldedTwoBranch:
    """A `TwoBranch` whose batch norms are folded away, in float64.

    Attributes
    ----------
    convolutions : tuple of (weight, bias)
        As those of a `FoldedNetwork`.
    shape : ndarray of shape (n_classes, n_pooled)
        What the pooled maps, channel after channel, add to the logits.
    rhythm : tuple of (weight, bias)
        Dense layers that the other features go through, with ReLUs in between, to
        logits.
    """

    convolutions: tuple[tuple[np.ndarray, np.ndarray], ...]
    shape: np.ndarray
    rhythm: tuple[tuple[np.ndarray, np.ndarray], ...]


def fold_two_branch(module):
    """Fold the batch norms of a `TwoBranch`.

    Parameters
    ----------
    module : TwoBranch
        A fitted network.

    Returns
    -------
    FoldedTwoBranch

    Raises
    ------
    ValueError
        If it has more poolings than its window has room for.

    Examples
    --------
    >>> from sklearn_ecg.networks._networks import TwoBranch
    >>> module = TwoBranch(1, 126, 5, n_classes=3, classes=["N", "S", "V"])
    >>> folded = fold_two_branch(module.eval())
    >>> folded.shape.shape, [weight.shape for weight, bias in folded.rhythm]
    ((3, 448), [(32, 5), (32, 32), (3, 32)])
    """
    norm, first, first_norm, _, second, second_norm, _, last = module.rhythm
    weight, bias = _fold_into(_array(first.weight), first_norm)
    rhythm = (
        _fold_norm_before(norm, weight, bias),
        _fold_into(_array(second.weight), second_norm),
        (_array(last.weight), _array(last.bias)),
    )
    shape = _array(module.morphology.weight)[module.morphology_of_class.numpy()]
    return FoldedTwoBranch(_fold_blocks(module.blocks), shape, rhythm)


def _fold_blocks(blocks):
    convolutions = []
    for convolution, norm, _, pool in blocks:
        if pool.kernel_size != (1, 2):
            raise ValueError(
                f"The network's {len(blocks)} convolutions leave one sample of "
                "the window before the last pooling: use fewer convolutions, or a "
                "longer window."
            )
        weight = _array(convolution.weight)[:, :, 0, :]
        convolutions.append(_fold_into(weight, norm))
    return tuple(convolutions)


def _array(tensor):
    return tensor.detach().cpu().double().numpy()


def _scale_and_shift(norm):
    scale = _array(norm.weight) / np.sqrt(_array(norm.running_var) + norm.eps)
    return scale, _array(norm.bias) - scale * _array(norm.running_mean)


def _fold_into(weight, norm):
    """Fold a norm that follows; a negative scale flips the weights, ahead of ReLU."""
    scale, shift = _scale_and_shift(norm)
    # Adding 0 makes -0.0, which a negative scale makes of a pruned weight, a plain 0.
    return weight * scale.reshape(-1, *[1] * (weight.ndim - 1)) + 0.0, shift


def _n_pooled(module):
    n_rhythm = getattr(module.rhythm_norm, "num_features", 0)
    return module.hidden.in_features - n_rhythm


def _fold_hidden(module):
    """Fold the norm of the rhythm features, before the layer, and that after it."""
    weight, bias = _fold_into(_array(module.hidden.weight), module.hidden_norm)
    n_pooled = _n_pooled(module)
    if n_pooled < weight.shape[1]:
        of_rhythm, bias = _fold_norm_before(
            module.rhythm_norm, weight[:, n_pooled:], bias
        )
        weight[:, n_pooled:] = of_rhythm
    return weight, bias


def _fold_norm_before(norm, weight, bias):
    """Fold a norm into the dense layer that follows it."""
    scale, shift = _scale_and_shift(norm)
    return weight * scale, bias + weight @ shift
