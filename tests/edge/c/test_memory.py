from random_models import random_model

from sklearn_ecg.edge.c._memory import Rows, plan_memory


def test_rows_are_never_nearer_than_a_kernel_is_long():
    short = Rows(n_rows=4, length=3, halo=4)
    assert short.stride == 9
    assert short.n_cells == 4 + 4 * 9
    assert Rows(n_rows=4, length=63, halo=3).stride == 66


def test_both_halves_hold_what_is_read_and_written():
    for seed in range(30):
        network = random_model(seed).network
        plan = plan_memory(network)
        halves = plan.even, plan.odd
        for number, rows in enumerate(plan.rows):
            assert rows.n_cells <= halves[number % 2]
        hidden = halves[(len(plan.rows)) % 2]
        assert len(network.hidden.weight) <= hidden
        assert (
            plan.rows[-1].n_cells + network.n_rhythm <= halves[1 - len(plan.rows) % 2]
        )
