"""Time of choosing a sparsity: whole paths against a grid search of the same table.

`PrunedCNNClassifierCV` trains a path of six sparsities once in each fold, where
`GridSearchCV` trains every one of them from the start. Both search the same folds of
patients of DS1 and refit, one after the other in this process; the seconds are of the
processor, so that what else runs on the machine matters little. The grid names the
schedule of each sparsity, so that both score the very same networks: that the tables
are equal to the last digit is asserted.

    OMP_NUM_THREADS=1 python benchmarks/search.py --records 6
    OMP_NUM_THREADS=1 python benchmarks/search.py                # all of DS1, hours
"""

import numpy as np
from harness import parser_of, seconds_of
from protocols import DS1, development_folds
from sklearn.model_selection import GridSearchCV

from sklearn_ecg import BeatSegmenter, PrunedCNNClassifier, PrunedCNNClassifierCV
from sklearn_ecg.datasets import fetch_mitdb, load_beats
from sklearn_ecg.metrics import macro_f1_scorer

SPARSITIES = [0.0, 0.5, 0.6, 0.8, 0.9, 0.95]
BAR = 1 / 3


def main():
    arguments = parse_arguments()
    beats = load_beats(arguments.data or fetch_mitdb(), DS1[: arguments.records])
    windows = BeatSegmenter().fit_transform(beats.data)
    classifier = PrunedCNNClassifier(
        n_epochs=arguments.n_epochs, stage_epochs=arguments.stage_epochs, random_state=0
    )
    folds = development_folds(beats, arguments.folds)
    search = {"cv": [(fold.train, fold.test) for fold in folds]}
    search["scoring"] = macro_f1_scorer
    paths = PrunedCNNClassifierCV(classifier, sparsities=SPARSITIES, **search)
    grid = GridSearchCV(classifier, one_by_one(SPARSITIES), **search)
    warm_up(windows, beats.target)
    seconds = [seconds_of(one.fit, windows, beats.target)[1] for one in (paths, grid)]
    assert_same_scores(paths.cv_results_, grid.cv_results_)
    report(paths, grid, *seconds, n_beats=len(windows))


def parse_arguments():
    parser = parser_of(__doc__, help="directory of the database")
    parser.add_argument(
        "--records", type=int, default=len(DS1), help="how many of DS1, from the first"
    )
    parser.add_argument("--folds", type=int, default=3, help="default: 3")
    parser.add_argument("--n-epochs", type=int, default=10, help="default: 10")
    parser.add_argument("--stage-epochs", type=int, default=4, help="default: 4")
    return parser.parse_args()


def one_by_one(sparsities):
    """Return the grid that gives each sparsity the stages that a path has up to it."""
    pruned = [sparsity for sparsity in sparsities if sparsity > 0]
    grid = [{"sparsity": [0.0]}] if 0 in sparsities else []
    grid += [
        {"sparsity": [stop], "schedule": [pruned[: number + 1]]}
        for number, stop in enumerate(pruned)
    ]
    return grid


def warm_up(X, y):
    """Fit once, so that the first of the two does not pay for what torch loads late."""
    classifier = PrunedCNNClassifier(0.5, n_stages=1, n_epochs=1, stage_epochs=1)
    classifier.fit(X.iloc[:500], y[:500])


def assert_same_scores(of_paths, of_grid):
    folds = [name for name in of_grid if name.startswith("split")]
    for name in [*folds, "mean_test_score"]:
        np.testing.assert_array_equal(of_paths[name], of_grid[name], err_msg=name)


def report(paths, grid, seconds_of_paths, seconds_of_grid, n_beats):
    scores = paths.cv_results_["mean_test_score"]
    n_folds = grid.n_splits_
    print(f"{n_beats} beats, {n_folds} folds of patients, {len(scores)} sparsities")
    for sparsity, score in zip(SPARSITIES, scores, strict=True):
        print(f"  sparsity {sparsity:<5g} mean macro-F1 {score:.4f}")
    print(f"The grid search has the same table; chosen: {paths.sparsity_:g} by paths,")
    print(f"  {grid.best_params_['sparsity']:g} by the grid search.")
    ratio = seconds_of_paths / seconds_of_grid
    print(
        f"PrunedCNNClassifierCV {seconds_of_paths:.1f} s, GridSearchCV "
        f"{seconds_of_grid:.1f} s of processor time, ratio {ratio:.3f}: "
        f"{'within' if ratio <= BAR else 'above'} the bar of {BAR:.3f}"
    )


if __name__ == "__main__":
    main()
