"""What a profile may say of telephone calls, and what --check tells of it."""

from pathlib import Path

import pytest

from config.check import report
from config.finding import Line, text
from config.settings import PROFILES, Settings, SettingsError, load

SHORT = "stt: moonshine\nllm: openai\ntts: piper\nmemory: {store: none}\n"
KEYS = {"OPENAI_API_KEY": "sk-nothing"}


def loaded(tmp_path: Path, phone: str, **environ: str) -> Settings:
    path = tmp_path / "mine.yaml"
    path.write_text(f"{SHORT}phone: {phone}\n")
    return load(path, environ={**KEYS, **environ}, allow_unset=True)


def told(settings: Settings) -> str:
    return "\n".join(str(line) for line in lines(settings))


def lines(settings: Settings) -> list[Line]:
    return [line for line in report(settings, environ=KEYS) if line.part == "phone"]


def test_without_a_line_of_its_own_nothing_is_said(tmp_path: Path):
    assert lines(loaded(tmp_path, "{}")) == []


def test_the_phone_profile_waits_for_calls_on_this_machine():
    settings = load(PROFILES / "phone.yaml", environ={})
    assert settings.phone.sip and settings.phone.sip.host == "127.0.0.1"
    assert (settings.phone.sip.port, settings.phone.sip.registrar) == (5060, None)
    assert "sip:repartee at 127.0.0.1:5060, no registrar" in told(settings)
    assert "no transfers, calls are not recorded" in told(settings)


def test_the_phone_profile_registers_where_the_environment_says():
    environ = {"SIP_REGISTRAR": "pbx.example", "SIP_USER": "1000", "SIP_PASSWORD": "open sesame"}
    settings = load(PROFILES / "phone.yaml", environ=environ)
    assert settings.phone.sip and settings.phone.sip.registrar == "pbx.example"
    assert settings.phone.sip.password
    assert settings.phone.sip.password.get_secret_value() == "open sesame"
    assert "open sesame" not in told(settings) + repr(settings)


def test_a_password_that_is_not_set_is_missing(tmp_path: Path):
    settings = loaded(tmp_path, "{sip: {registrar: pbx.example, password: '${PBX_PASSWORD}'}}")
    assert "MISSING  phone         PBX_PASSWORD is not set" in told(settings)


def test_transfers_and_recording_are_told(tmp_path: Path):
    phone = "{sip: {}, transfer_to: ['sip:100@pbx'], operator: 'sip:100@pbx', record: yes}"
    report = told(loaded(tmp_path, phone))
    assert "calls may go on to sip:100@pbx, 0 calls sip:100@pbx, calls are recorded" in report


@pytest.mark.parametrize(
    ("phone", "reason"),
    [
        ("{sip: {listen: localhost}}", "phone.sip.listen: must read ADDRESS:PORT"),
        ("{sip: {listen: '1.2.3.400:5060'}}", "phone.sip.listen: must read ADDRESS:PORT"),
        ("{sip: {listen: '127.0.0.1:0'}}", "phone.sip.listen: has a port that does not exist"),
        ("{sip: {user: 'a b'}}", "phone.sip.user: must be letters, digits"),
        ('{sip: {user: "x\\nsip_trace yes"}}', "phone.sip.user: must be letters, digits"),
        ("{sip: {registrar: 'pbx example'}}", "phone.sip.registrar: must read HOST"),
        ("{sip: {password: 'a\"b'}}", "phone.sip.password: cannot hold quotes"),
        ("{sip: {codecs: [g729]}}", "phone.sip.codecs.0:"),
        ("{sip: {codecs: []}}", "phone.sip.codecs:"),
        ("{sip: {rtp_ports: 9-10}}", "phone.sip.rtp_ports: must read FIRST-LAST"),
        ("{transfer_to: ['100']}", "phone.transfer_to.0: must be a number such as"),
        ("{transfer_to: ['sip:1@h?x=1']}", "phone.transfer_to.0: must be a number such as"),
        ("{operator: 'sip:1@h'}", "phone: operator must be one of transfer_to"),
    ],
)
def test_what_makes_no_sense_stops_the_start(tmp_path: Path, phone: str, reason: str):
    with pytest.raises(SettingsError) as error:
        loaded(tmp_path, phone)
    assert reason in str(error.value)
    assert 'a"b' not in str(error.value)


def test_the_report_can_be_read():
    assert "would start" in text(report(load(PROFILES / "phone.yaml", environ={}), environ={}))
