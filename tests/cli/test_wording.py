import pytest

from sklearn_ecg._cli._wording import in_words_of_the_shell


@pytest.mark.parametrize(
    ("of_python", "of_the_shell"),
    [
        ("sparsity == 90.0, must be < 1.", "--sparsity 90.0, must be < 1."),
        ("n_stages=0: must be", "--n-stages 0: must be"),
        ("from annotator='atr')", "from --annotator 'atr')"),
        ("Name one in the 'lead' parameter.", "Name one in --lead."),
        ("name it in `lead`", "name it in --lead"),
        ("its lead V9 and misleading=1 stay", "its lead V9 and misleading=1 stay"),
    ],
)
def test_parameters_are_named_as_options(of_python, of_the_shell):
    options = ["sparsity", "n_stages", "annotator", "lead"]
    assert in_words_of_the_shell(of_python, options) == of_the_shell
