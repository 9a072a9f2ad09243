"""Words that a turn says again, in the order in which it said them."""

import pytest

from judgement.circles import PERIOD, retold
from judgement.grounds import RETOLD

ROUND = "we went to the harbour to see the new ferry and after that we walked home and"


@pytest.mark.parametrize(
    "said",
    [
        f"{ROUND} we went to the harbour to see the new",
        f"well {ROUND} so we went to the harbour and to see the new ferry",
        f"{ROUND} we went to the arbour to see the new ferry and after",
    ],
)
def test_the_middle_of_the_second_round_is_told_again_also_where_it_is_heard_otherwise(said: str):
    assert retold(said) >= RETOLD


@pytest.mark.parametrize(
    "said",
    [
        "", "well", ROUND,
        f"{ROUND} we went to the",
        "i think we should go to the i think we should go to the shop",
        "the first one is red and the second one is blue and the third one is green and so on",
    ],
)  # fmt: skip
def test_a_restart_a_list_and_a_first_round_are_not(said: str):
    assert retold(said) < RETOLD


def test_what_was_said_again_earlier_counts_no_longer():
    said = f"{ROUND} {ROUND} but today my brother rang from Canada about his garden fence"
    assert retold(said) < RETOLD


def test_passages_nearer_than_the_period_do_not_count():
    words = " ".join("abcdefg"[: PERIOD - 1])
    assert retold(f"{words} {words}") == 0.0
