"""Time of training and of prediction, against bare PyTorch on the same network.

- four dense epochs of `PrunedCNNClassifier`, and these with a pruning stage of four
  (masks held, distilling), against a plain PyTorch loop of as many epochs on the same
  network, batch size, optimizer and data. It holds no masks, keeps no history, checks
  nothing, and leaves the statistics of batch norm as the last batches gave them;
- `predict` in beats per second against the bare network on batches of the same size.

Both sides run in turn in one process and the medians are compared, so that the ratios
hold on any machine.

    python benchmarks/train.py --data path/to/mitdb
"""

import copy
import statistics

import numpy as np
import torch
import torch.nn.functional as F
from harness import parser_of, seconds_of

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier
from sklearn_ecg.datasets import fetch_mitdb, load_beats

BATCH = 256
EPOCHS = 4


def main():
    arguments = parse_arguments()
    beats = load_beats(arguments.data or fetch_mitdb())
    X = BeatSegmenter().fit_transform(beats.data)
    y = beats.target
    print(f"{len(X)} beats, {torch.get_num_threads()} threads, median of", end=" ")
    print(f"{arguments.repeat} runs")
    compare_training(X, y, arguments.repeat)
    compare_prediction(X, y, arguments.repeat)


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    parser.add_argument("--repeat", type=int, default=5)
    return parser.parse_args()


def compare_training(X, y, repeat):
    dense = PrunedCNNClassifier(0, n_epochs=EPOCHS, batch_size=BATCH, random_state=0)
    warm = dense.fit(X.iloc[::40], y[::40])
    untrained = copy.deepcopy(warm.module_)
    rows = torch.tensor(X.to_numpy())
    codes = torch.from_numpy(np.unique(y, return_inverse=True)[1])
    shape = (warm.layout_.n_channels, warm.layout_.n_samples)

    def bare(n_epochs):
        module = copy.deepcopy(untrained)
        for _ in range(n_epochs):
            bare_epoch(module, rows, codes, shape)

    times = alternate(lambda: dense.fit(X, y), lambda: bare(EPOCHS), repeat)
    report(f"{EPOCHS} dense epochs", *times)

    stage = PrunedCNNClassifier(
        0.9, n_stages=1, n_epochs=EPOCHS, stage_epochs=EPOCHS, batch_size=BATCH
    )
    stage.set_params(random_state=0)
    times = alternate(lambda: stage.fit(X, y), lambda: bare(2 * EPOCHS), repeat)
    report(f"{EPOCHS} dense epochs and a stage of {EPOCHS}", *times)


def bare_epoch(module, rows, codes, shape):
    """One epoch as in any PyTorch tutorial, on tensors in memory."""
    module.train()
    optimizer = torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=1e-4)
    width = shape[0] * shape[1]
    for index in torch.randperm(len(rows)).split(BATCH):
        batch = rows[index]
        signal, rhythm = batch[:, :width].unflatten(1, shape), batch[:, width:]
        optimizer.zero_grad()
        loss = F.cross_entropy(module(signal, rhythm), codes[index])
        loss.backward()
        optimizer.step()


def compare_prediction(X, y, repeat):
    classifier = PrunedCNNClassifier(0, n_epochs=1, random_state=0)
    classifier.fit(X.iloc[::10], y[::10])
    module = classifier.module_
    rows = torch.tensor(X.to_numpy())
    shape = (classifier.layout_.n_channels, classifier.layout_.n_samples)
    width = shape[0] * shape[1]

    def ours():
        classifier.predict(X)

    @torch.no_grad()
    def bare():
        for batch in rows.split(BATCH):
            module(batch[:, :width].unflatten(1, shape), batch[:, width:]).argmax(1)

    times = alternate(ours, bare, repeat)
    report("predict", *times)
    print(f"  {len(X) / statistics.median(times[0]):,.0f} beats per second")


def alternate(ours, bare, repeat):
    """Seconds of each run of both, one after the other."""
    times = [], []
    for _ in range(repeat):
        for run, seconds in zip((ours, bare), times, strict=True):
            seconds.append(seconds_of(run)[0])
    return times


def report(what, ours, bare):
    ratio = statistics.median(o / b for o, b in zip(ours, bare, strict=True))
    print(
        f"{what}: {statistics.median(ours):.2f} s, bare PyTorch "
        f"{statistics.median(bare):.2f} s, ratio {ratio:.3f}"
    )


if __name__ == "__main__":
    main()
