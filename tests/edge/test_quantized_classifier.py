import numpy as np

from sklearn_ecg.edge._quantized_classifier import stable_repr


def test_the_text_of_a_parameter_is_the_same_in_every_process():
    parameters = {"N": np.float64(0.5), "V": np.random.RandomState(0)}
    assert stable_repr(parameters) == "{'N': 0.5, 'V': RandomState}"
