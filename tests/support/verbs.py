"""``lensfinder`` in a process of its own for each verb, which also says what modules it loaded.

A server that has imported the heavy libraries, and nothing of lensfinder, forks one for each verb: to import
them anew would take longer than most verbs do on a small dataset. It must not import lensfinder itself.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

_HEAVY = ("astropy.cosmology", "great_expectations", "keras", "mlflow", "numba", "pandas", "scipy.stats")
_CLIENT = """\
#!{python}
import json, os, socket, sys

with socket.create_connection(("127.0.0.1", {port})) as server:
    environment = {{**os.environ, "LENSFINDER": sys.argv[0]}}
    server.sendall(json.dumps([sys.argv[1:], os.getcwd(), environment]).encode() + b"\\n")
    told, _, code = server.makefile().read().rpartition("\\n")
print(told)
sys.exit(int(code))
"""


@contextmanager
def lensfinder_that_records(path: Path) -> Iterator[None]:
    """Write a ``lensfinder`` to ``path``; it leaves a list of its modules in ``$LOADED_MODULES``."""
    here = str(Path(__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {here!r}); from support.verbs import serve; serve()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        path.write_text(_CLIENT.format(python=sys.executable, port=int(server.stdout.readline())))
        path.chmod(0o755)
        try:
            yield
        finally:
            server.kill()


def serve() -> NoReturn:
    """Print a port, and run what is asked for there."""
    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    os.environ |= {"GX_ANALYTICS_ENABLED": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    for library in _HEAVY:
        importlib.import_module(library)
    assert not [name for name in sys.modules if name.startswith("lensfinder")]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            # A verb may ask for others and wait for them: a process for each waits in the server's place.
            if os.fork():
                continue
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            request = json.loads(connection.makefile().readline())
            if (child := os.fork()) == 0:
                for stream in (1, 2):
                    os.dup2(connection.fileno(), stream)
                # The server's own may have been files, which can seek.
                sys.stdout, sys.stderr = (os.fdopen(stream, "w", closefd=False) for stream in (1, 2))
                _run(*request)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            connection.sendall(f"\n{code}".encode())
            os._exit(0)


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    os.chdir(folder)
    os.environ |= environment
    sys.argv = [environment["LENSFINDER"], *arguments]
    code: object = 0
    try:
        from lensfinder.cli import main

        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    loaded = sorted({file for file in files if file and "/src/lensfinder/" in file})
    name = environment.get("DVC_STAGE", "").rpartition(":")[2] or "-".join(arguments)
    Path(environment["LOADED_MODULES"], name + ".json").write_text(json.dumps(loaded))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 1)
