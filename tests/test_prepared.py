from pathlib import Path

from processors.services.piper import PiperService
from processors.services.prepared import prepared
from processors.services.words import Line


class CountingVoice(PiperService):
    """Makes lines of silence and counts them."""

    def __init__(self):
        super().__init__()
        self.made: list[str] = []

    async def prepare(self, text: str) -> Line:
        self.made.append(text)
        return Line(b"\0\0" * 100, 22050, ((text, 100),))


async def test_a_second_start_finds_the_lines_of_the_first(tmp_path: Path):
    first, second = CountingVoice(), CountingVoice()
    lines = await prepared(first, ["Hello.", "Bye."], tmp_path)
    assert await prepared(second, ["Hello.", "Bye."], tmp_path) == lines
    assert (sorted(first.made), second.made) == (["Bye.", "Hello."], [])


def damage(folder: Path) -> None:
    for file in folder.glob("*.json"):
        file.write_text("{")


async def test_a_damaged_line_is_made_again(tmp_path: Path):
    await prepared(CountingVoice(), ["Hello."], tmp_path)
    damage(tmp_path)
    voice = CountingVoice()
    await prepared(voice, ["Hello."], tmp_path)
    assert voice.made == ["Hello."]
