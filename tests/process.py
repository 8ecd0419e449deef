"""Real processes of `train.py` that start at once.

Python, PyTorch and Lightning take seconds to import. So a server imports them once, and is forked
for each process. That process has a number, standard output and error, signals and an exit code of
its own, and the working directory, environment and `sys.argv` that are asked for.

The server only imports, and composes a config: it has one thread, as a process that forks must.
What Python or PyTorch reads as it starts (PYTHONPATH, OMP_NUM_THREADS) is the server's. A test of
that runs `COMMAND`. At its end a process does not take PyTorch apart object by object, which takes
a third of a second, unless a test asks for that: `tidy`.

The server and all processes end with the tests, even where those are killed.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import resource
import runpy
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Thread

ROOT = Path(__file__).parent.parent
COMMAND = (sys.executable, str(ROOT / "train.py"))
# What takes longer hangs. On a busy machine a process may be given a fortieth of a core.
LONG = 600
# What a run imports late, beside the modules of `untrained`.
LATE = ("matplotlib.backends.backend_agg", "pytorch_optimizer", "torch.utils.tensorboard")


class Process:
    """One `train.py`, used like a `subprocess.Popen` of text.

    Args:
        words: The words of the command line.
        cwd: The working directory; that of the tests if None.
        env: The environment; that of the tests if None.
        out: The open file of the standard output; None to have `communicate` return it.
        err: The open file of the standard error, alike.
        console: Whether it has streams to write to; if not, they are closed, as after `>&- 2>&-`.
        largest_file: The bytes to which a file may grow; None for no limit.
        tidy: Whether it takes apart all that it has, as Python does at its end.
    """

    def __init__(
        self,
        *words,
        cwd=None,
        env=None,
        out=None,
        err=None,
        console=True,
        largest_file=None,
        tidy=False,
    ):
        job = {"words": words, "cwd": str(cwd or Path.cwd()), "env": dict(env or os.environ)}
        job |= {"console": console, "largest_file": largest_file, "tidy": tidy}
        self.texts, self.readers, self.returncode = ["", ""], [], None
        self.control, theirs = socket.socketpair()
        files = enumerate((out, err))
        ends = [os.dup(file.fileno()) if file else self.pipe(number) for number, file in files]
        socket.send_fds(server(), [b"."], [theirs.fileno(), *ends])
        for end in (theirs.detach(), *ends):
            os.close(end)
        self.control.sendall(json.dumps(job).encode() + b"\n")
        self.pid = self.answer(LONG)  # The first one waits for what the server imports.

    def pipe(self, number):
        """Return the end of a pipe to write to; a thread reads the other one."""
        source, end = os.pipe()

        def read():
            with os.fdopen(source) as file:
                self.texts[number] = file.read()

        self.readers.append(Thread(target=read, daemon=True))
        self.readers[-1].start()
        return end

    def answer(self, seconds):
        """Wait for a number from the server."""
        self.control.settimeout(seconds)
        with suppress(ConnectionResetError):
            if found := self.control.recv(20):
                return int(found)
        raise AssertionError("the server that forks train.py has failed; its traceback is above")

    def poll(self):
        """Return the exit code, or None while the process runs."""
        if self.returncode is None and select.select([self.control], [], [], 0)[0]:
            self.returncode = self.answer(1)
        return self.returncode

    def wait(self, timeout=LONG):
        """Return the exit code, once there is one; minus the signal that killed the process."""
        if self.returncode is None:
            try:
                self.returncode = self.answer(timeout)
            except TimeoutError:
                self.kill()
                self.returncode = self.answer(10)
                said = "\n".join(self.communicate())
                raise AssertionError(f"train.py took over {timeout} s and said:\n{said}") from None
        return self.returncode

    def communicate(self, timeout=LONG):
        """Wait for the end, and return what the process wrote to standard output and error."""
        self.wait(timeout)
        for reader in self.readers:
            reader.join(10)
        return tuple(self.texts)

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def finish(*words, **options):
    """Run `train.py` to its end; return the exit code and what it wrote to both streams."""
    process = Process(*words, **options)
    out, err = process.communicate()
    return process.returncode, out, err


@cache
def server():
    """Start the server, and return the socket at which it takes requests."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,  # Ctrl-C ends the tests, and they end the server.
    )
    theirs.close()
    atexit.register(lambda: (ours.close(), process.wait(10)))
    return ours


def serve(requests):
    """Fork for each request; return its job in the process that does it."""
    import untrained

    sys.path[0] = str(ROOT)
    for module in pkgutil.walk_packages(untrained.__path__, "untrained."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)
    from tests import quick_hydra, quick_run

    quick_run.quicken(setattr)
    quick_hydra.warm()
    gc.freeze()  # Nothing that is shared is copied for its being looked at.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Of keepers nobody asks what became of them.
    while files := socket.recv_fds(requests, 1, 3)[1]:
        if os.fork() == 0:
            requests.close()
            return keep(socket.socket(fileno=files[0]), *files[1:])
        for each in files:
            os.close(each)
    sys.exit()


def keep(control, out, err):
    """Fork once more; return the job in the child. The parent says how the child ended."""
    job = json.loads(control.makefile().readline())
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        control.close()
        os.dup2(out, 1), os.dup2(err, 2)
    os.close(out), os.close(err)
    if pid == 0:
        return job
    try:
        control.sendall(f"{pid}".encode())
        while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
            if select.select([control], [], [], 0.01)[0]:  # The tests are gone.
                os.kill(pid, signal.SIGKILL)
        control.sendall(f"{os.waitstatus_to_exitcode(ended[1])}".encode())
    finally:
        os._exit(0)


def prepare(job):
    """Make this process what Python would have made of the command, typed at a terminal."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Tests in the background ignore it.
    encoding = job["env"].get("PYTHONIOENCODING", "utf-8")
    sys.stdout = os.fdopen(1, "w", encoding=encoding)
    sys.stderr = os.fdopen(2, "w", encoding=encoding, errors="backslashreplace", buffering=1)
    if not job["console"]:
        sys.stdout.close(), sys.stderr.close()
        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
    os.environ.clear()
    os.environ.update(job["env"])
    os.chdir(job["cwd"])
    sys.path[0] = str(ROOT)
    sys.argv = [COMMAND[1], *job["words"]]
    if job["largest_file"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["largest_file"],) * 2)
    if job["tidy"]:
        atexit.unregister(leave)


code = 1  # That of an error which nobody catches.


def run():
    """Run `train.py`, and note its exit code."""
    global code
    try:
        runpy.run_path(COMMAND[1], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise


def leave():
    """End the process; as with Python, what cannot be written any more is an error."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream and not stream.closed:
                stream.flush()
    except OSError:
        os._exit(120)
    os._exit(code)


if __name__ == "__main__":
    atexit.register(leave)  # It is the first one, and so the last that is called.
    with socket.socket(fileno=int(sys.argv[1])) as requests:
        job = serve(requests)
    prepare(job)
    run()
