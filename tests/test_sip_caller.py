"""Who calls, from what a telephone or an exchange says of them."""

import pytest

from processors.sip.caller import exchange, identity, shown


@pytest.mark.parametrize(
    ("said", "user"),
    [
        ("sip:+4930123456@pbx.example:5060;transport=udp", "+4930123456"),
        ('"Anna" <sip:+49-30-123456@pbx.example>;tag=1', "+4930123456"),
        ("sip:1001@192.168.1.5:5060", "1001"),
        ("sips:anna@office.example", "anna@office.example"),
        ("tel:+15550100", "+15550100"),
        ("sip:anonymous@anonymous.invalid", ""),
        ("sip:Anonymous@10.0.0.1", ""),
        ("sip:pbx.example", ""),
        ("sip:a b@host", ""),
        ("sip:" + "x" * 80 + "@host", ""),
        (None, ""),
        ("rubbish", ""),
    ],
)
def test_a_caller_is_a_number_or_a_name_at_its_host(said: str | None, user: str):
    assert identity(said) == user


def test_what_the_exchange_asserts_comes_before_what_the_telephone_says():
    assert identity("<sip:1001@pbx>", "sip:anonymous@anonymous.invalid") == "1001"
    assert identity(None, "sip:1002@pbx") == "1002"


def test_a_log_line_does_not_tell_the_whole_number():
    assert shown("+4930123456") == "…456"
    assert shown("anna@office.example") == "anna"
    assert shown("") == "somebody"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ('"Anna" <sip:+4930@pbx.example:5080;transport=udp>;tag=1', "pbx.example:5080"),
        ("sip:1001@192.168.1.5", "192.168.1.5"),
        ("sips:pbx.example", "pbx.example"),
        ("tel:+15550100", ""),
        (None, ""),
    ],
)
def test_a_number_belongs_to_the_exchange_that_called(address: str | None, place: str):
    assert exchange(address) == place
