"""The people in a room."""

from judgement.company import Company


def test_each_has_a_name_of_their_own():
    company = Company("Repartee")
    named = [company.join(id, name) for id, name in (("a", "Ann"), ("b", "ann"), ("c", ""))]
    assert named == ["Ann", "ann 2", "Guest"]
    assert company.join("d", "repartee") == "repartee 2"
    assert company.join("e", "user") == "user 2"
    assert company.join("a", "Other") == "Ann"
    assert company.join("f", "A: b\n\x00" + 50 * "x") == "A b " + 28 * "x"


def test_with_one_person_nobody_else_can_be_meant():
    company = Company("Repartee")
    company.join("a", "Ann")
    assert not company.several
    company.join("b", "Bob")
    assert company.several
    assert company.leave("b") == "Bob"
    assert not company.several
    assert company.names == ("Ann",)


def test_a_line_is_of_whom_it_names_if_they_were_ever_here():
    company = Company("Repartee")
    company.join("a", "Ann")
    company.leave("a")
    assert company.attributed("Ann: Note: it rains.") == ("Ann", "Note: it rains.")
    assert company.attributed("Note: it rains.") == ("", "Note: it rains.")
