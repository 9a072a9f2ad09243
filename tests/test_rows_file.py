"""Files of rows: what is wrong is named by file and line, and nothing is half written."""

import errno
import json

import pytest

from training.rows import RowError, read, write


def row(number: int = 1, **fields) -> dict:
    return {
        "id": f"made:{number}",
        "source": "made",
        "licence": "CC0-1.0",
        "split": "train",
        "moment": {"kind": "pause", "said": "hello"},
        "label": "reply",
        **fields,
    }


def lines(path, *texts: str):
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


def test_what_was_written_is_read(tmp_path):
    write(tmp_path / "a.jsonl", [row(1), row(2)])
    assert read(tmp_path / "a.jsonl") == [row(1), row(2)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(2, label=""), ":2: the label '' is none of reply, silence"),
        (row(2, label="shout"), ":2: the label 'shout' is none of"),
        ({"id": "b", "moment": {"kind": "pause", "said": ""}}, ":2: the field 'label' is missing"),
        ({"id": "b", "label": "reply"}, ":2: the field 'moment' is missing"),
        (row(2, moment={"kind": "pause"}), ":2: row made:2: KeyError('said')"),
        (row(2, moment={"kind": "lull", "said": ""}), "'lull' is not a valid Kind"),
        (row(1), ":2: the id 'made:1' is that of line 1"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(wrong, said, tmp_path):
    path = lines(tmp_path / "a.jsonl", json.dumps(row(1)), json.dumps(wrong))
    with pytest.raises(RowError) as error:
        read(path)
    assert str(path) in str(error.value) and said in str(error.value)


def test_mixed_schemas_are_named(tmp_path):
    other = {name: value for name, value in row(2).items() if name != "licence"}
    path = lines(tmp_path / "a.jsonl", json.dumps(row(1)), json.dumps(other))
    with pytest.raises(RowError, match=":2: mixed schemas: earlier rows have licence"):
        read(path)


def test_a_line_that_is_no_object_is_named(tmp_path):
    with pytest.raises(RowError, match=":1: not JSON"):
        read(lines(tmp_path / "a.jsonl", "{"))
    with pytest.raises(RowError, match=":1: a row is a JSON object"):
        read(lines(tmp_path / "a.jsonl", "[1]"))


def test_a_file_without_rows_is_named(tmp_path):
    with pytest.raises(RowError, match="holds no rows"):
        read(lines(tmp_path / "a.jsonl", ""))


def test_a_full_disk_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, [row(1)])

    def rows():
        yield row(2)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(path, rows())
    assert read(path) == [row(1)]
    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"]
