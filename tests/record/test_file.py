"""Files are in UTF-8, whatever the system's own encoding is: that of Windows is another."""

import io

import pytest

from untrained.record.curve import read_curve
from untrained.record.file import read_text, write_csv, write_whole


@pytest.fixture(autouse=True)
def latin(monkeypatch):
    """Let Python read and write texts in Latin-1, where nobody says what it shall be."""
    monkeypatch.setattr(io, "text_encoding", lambda encoding, *_: encoding or "latin-1")


def test_what_is_written_is_read(tmp_path):
    write_whole(tmp_path / "a.json", "北 ü")
    assert read_text(tmp_path / "a.json", []) == "北 ü"
    write_csv(tmp_path / "a.csv", [["step", "北"], [0, 1.5]])
    assert (tmp_path / "a.csv").read_bytes() == "step,北\r\n0,1.5\r\n".encode()
    assert read_curve(tmp_path / "a.csv", [])["北"] == [1.5]
