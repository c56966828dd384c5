"""Commands side by side: one that fails stops the others, and is heard."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from lensfinder.errors import CheckFailed, UserError
from lensfinder.stages.side_by_side import run_side_by_side

PROGRAM = """\
#!/bin/sh
shift 2  # -m lensfinder.cli
case $1 in
    fail) while [ ! -e started ]; do sleep 0.05; done; echo "no such thing" >&2; exit "$2" ;;
    wait) echo $$ > started; exec sleep 100 ;;
    late) touch late ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose ``lensfinder`` can ``wait`` and ``fail``."""
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return tmp_path


@pytest.mark.parametrize(("code", "error"), [("2", UserError), ("1", CheckFailed), ("137", CheckFailed)])
def test_one_that_fails_stops_the_others(
    root: Path, capfd: pytest.CaptureFixture[str], code: str, error: type[Exception]
) -> None:
    start = time.monotonic()
    with pytest.raises(error, match=rf"broken: `lensfinder fail {code}` failed, see above"):
        run_side_by_side(root, {"long": ["wait"], "broken": ["fail", code], "last": ["late"]}, 2)
    assert time.monotonic() - start < 50
    assert "broken  no such thing\n" in capfd.readouterr().out
    # The one that ran is gone, and the one that waited for its turn was never started.
    assert not Path(f"/proc/{(root / 'started').read_text().strip()}").exists()
    assert not (root / "late").exists()
