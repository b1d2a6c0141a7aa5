"""Running the command ``sklearn-ecg`` in tests."""

from sklearn_ecg._cli import main

QUICK = ("--n-stages=1", "--n-epochs=1", "--stage-epochs=1", "--quiet")


def run(*arguments):
    return main([str(argument) for argument in arguments])


def assert_fails(capsys, *arguments, saying):
    """Run a command that must fail with one line, which holds all of `saying`."""
    assert run(*arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("sklearn-ecg: error: ")
    for words in saying:
        assert words in line
