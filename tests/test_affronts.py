from memory.affronts import is_affront


def test_a_name_misheard_as_a_slur_in_a_polite_sentence_is_no_affront():
    assert not is_affront("Can you look up whether Mr. Miller's the faggots I'm not him")


def test_a_slur_with_a_target_or_by_itself_is_one():
    assert is_affront("you are a faggot") and is_affront("faggot")
