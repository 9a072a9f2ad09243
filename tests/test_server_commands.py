"""`python -m server`, and who may reach the server at all."""

import asyncio
from pathlib import Path

import pytest

from config.settings import SettingsError, load
from server.__main__ import main
from server.admit import check_reach, command_line
from server.tokens import Tokens
from tests.entrance import PROFILE, SECRET, SIGNED, entrance
from tests.peers import Api, profile


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.yaml"
    path.write_text(PROFILE.replace("openai", "{service: openai, args: {api_key: x}}") + text)
    return path


def test_an_invitation_is_a_link_that_signs_in(tmp_path: Path, capsys):
    path = write(tmp_path, SIGNED)
    main(["invite", "sam", "--config", str(path), "--url", "https://agent.example"])
    link = capsys.readouterr().out.strip()
    assert link.startswith("https://agent.example/sign-in/")
    token = link.rpartition("/")[2]
    assert Tokens(SECRET).read("invitation", token)["user"] == "sam"


def test_a_program_gets_a_token_of_its_own(tmp_path: Path, capsys):
    main(["invite", "sam", "--bearer", "--config", str(write(tmp_path, SIGNED))])
    assert Tokens(SECRET).read("page", capsys.readouterr().out.strip())["user"] == "sam"


def test_without_a_secret_nobody_can_be_invited(tmp_path: Path):
    with pytest.raises(SystemExit, match="access.secret: this key is missing"):
        main(["invite", "sam", "--config", str(write(tmp_path, ""))])


async def test_a_call_is_placed_from_the_command_line(tmp_path: Path, capsys):
    more = 'may_call: ["+44*"]'
    async with Api() as api, entrance(SIGNED + profile(api, more)) as door:
        path = write(tmp_path, SIGNED + profile(api, more))
        asked = ["--config", str(path), "--url", door.url]
        await asyncio.to_thread(main, ["call", "+447911000000", "--digits", "1", *asked])
        assert "rings" in capsys.readouterr().out
        assert len(api.asked) == 1
        with pytest.raises(SystemExit, match="is not among phone.may_call"):
            await asyncio.to_thread(main, ["call", "+33123456789", *asked])
        for url in ("http://localhost:1", "nowhere", "http://[", "http://a b"):
            with pytest.raises(SystemExit, match="(?s)Nothing answers at .*First start the agent"):
                nowhere = ["--config", str(path), "--url", url]
                await asyncio.to_thread(main, ["call", "+447911000000", *nowhere])
        other = tmp_path / "other"
        other.mkdir()
        stranger = write(other, SIGNED.replace("secret of", "word of") + profile(api, more))
        with pytest.raises(SystemExit, match="does not know this sign-in: give the --config"):
            asked[1] = str(stranger)
            await asyncio.to_thread(main, ["call", "+447911000000", *asked])
        assert len(api.asked) == 1


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_on_loopback_no_secret_is_needed(tmp_path: Path, host: str):
    check_reach(load(write(tmp_path, "")), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "agent.example"])
def test_to_be_reached_from_elsewhere_needs_a_secret_or_a_word(tmp_path: Path, host: str):
    with pytest.raises(SettingsError, match="access.secret: this key is missing; --host"):
        check_reach(load(write(tmp_path, "")), host)
    check_reach(load(write(tmp_path, SIGNED)), host)
    check_reach(load(write(tmp_path, "access: {open: yes}")), host)


def test_the_public_name_loses_its_scheme():
    assert command_line(["--proxy", "https://agent.example/"]).proxy == "agent.example"
    assert command_line(["-x", "agent.example", "--check"]).proxy == "agent.example"
    assert command_line([]).host == "localhost"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("access: {secret: short}", "access.secret: must have at least 16 characters"),
        ("access: {talks: 0}", "access.talks: must be greater than or equal to 1"),
        ("access: {origins: ['evil.example']}", "access.origins.0: must read https://host"),
        ("access: {origins: ['https://x.example/y']}", "access.origins.0: must read https://host"),
        ("access: {secrets: x}", "access.secrets: unknown key; did you mean secret?"),
        ("phone: {operator: '+442071838750'}", "phone: operator must be one of transfer_to"),
        ("phone: {transfer_to: ['7183']}", "phone.transfer_to.0: must be a number such as"),
        ("phone: {may_call: ['44*']}", "phone.may_call.0: must be a number such as"),
        ("phone: {machines: message}", "phone: machines: message needs message"),
        ("phone: {machines: shout}", "phone.machines: must be 'talk', 'hang up' or 'message'"),
        ("phone: {twilio: {number: '0207'}}", "phone.twilio.number: must be a number with its"),
        ("phone: {twilio: {api: 'x'}}", "phone.twilio.api: must start with http"),
    ],
)
def test_a_bad_key_is_named(tmp_path: Path, text: str, says: str):
    with pytest.raises(SettingsError) as error:
        load(write(tmp_path, text))
    assert f"mine.yaml: {says}" in str(error.value)
    assert "short" not in str(error.value)
