"""The gate: numba is never imported unasked, and its absence is an answer."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from jdm_stats.likelihood.compiled.jit import forget_stale_code

ASK = (
    "from jdm_stats.likelihood.compiled.gate import gate, kernels\n"
    "print(gate().open, gate().reason)\n"
    "try:\n    kernels('batch')\n"
    "except Exception as error:\n    print(type(error).__name__, error)\n"
)


def run_python(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_room_and_its_gate_do_not_import_numba():
    code = (
        "import sys, jdm_stats.likelihood.fitting\n"
        "import jdm_stats.likelihood.compiled.gate\n"
        "print('numba' in sys.modules)"
    )
    assert run_python(code).strip() == "False"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("None", "numba cannot be imported"),
        ("type('Broken', (), {})()", "numba does not compile"),
    ],
)
def test_an_absent_or_broken_compiler_is_an_answer(broken, reason):
    code = f"import sys; sys.modules['numba'] = {broken}\n{ASK}"
    said = run_python(code).splitlines()
    assert said[0].startswith(f"False {reason}")
    assert said[1].startswith("UsageError the compiled path is not available")


def test_the_switch_closes_the_gate():
    said = run_python(ASK, JDM_STATS_NO_COMPILER="1")
    assert said.startswith("False switched off")


def test_a_change_of_any_source_throws_old_machine_code_away(tmp_path):
    made = tmp_path / "__pycache__"
    made.mkdir()
    (tmp_path / "one.py").write_text("x = 1\n")
    assert forget_stale_code(tmp_path)
    code = made / "one.nbi"
    code.write_bytes(b"")
    assert not forget_stale_code(tmp_path)
    assert code.exists()
    (tmp_path / "one.py").write_text("x = 2\n")
    assert forget_stale_code(tmp_path)
    assert not code.exists()
