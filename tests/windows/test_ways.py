import pytest

from sklearn_ecg import BeatSegmenter
from sklearn_ecg.windows import CHAIN, WINDOW, obstacle


@pytest.mark.parametrize(
    ("options", "is_chain"), [({}, True), ({"normalize": None}, False)]
)
def test_a_whole_chain_is_the_remedy_only_where_one_can_be_made(options, is_chain):
    segmenter = BeatSegmenter(relative_features="all", **options)
    assert (obstacle(segmenter, CHAIN) == "") is is_chain
    assert ("for a whole chain" in obstacle(segmenter, WINDOW)) is is_chain
