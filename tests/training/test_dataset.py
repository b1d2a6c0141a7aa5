import pytest
import torch

from sklearn_ecg.training._dataset import BatchIterator, BeatDataset


@pytest.mark.parametrize("n_beats", range(2, 10))
@pytest.mark.parametrize("batch_size", [2, 3, 4])
def test_no_batch_has_a_single_beat(n_beats, batch_size):
    data = BeatDataset(torch.zeros(n_beats, 3), torch.arange(n_beats), (1, 3))
    sizes = [len(target["classes"]) for _, target in BatchIterator(data, batch_size)]
    assert sum(sizes) == n_beats
    assert 2 <= min(sizes) <= max(sizes) <= batch_size + 1
