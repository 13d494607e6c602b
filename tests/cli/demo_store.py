"""The demo's history, which is the same for the same NOW, and commands run on it as on a terminal."""
import contextlib
import fcntl
import os
import struct
import subprocess
import tempfile
import termios

NOW = "2026-11-24T12:00:00Z"
PORTLOG = os.path.abspath(os.environ["PORTLOG"])
# What a sanitized build needs of those that start it.
KEPT = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "LD_PRELOAD", "PATH")


def environment(home, **more):
    return {**{name: os.environ[name] for name in KEPT if name in os.environ}, "HOME": home, "TZ": "UTC", "TERM": "xterm",
            "LC_ALL": "C.UTF-8", "PORTLOG_NOW": NOW, "PORTLOG_STORE": f"{home}/demo/portlog.db",
            "PORTLOG_PAGER": "cat", **more}


@contextlib.contextmanager
def demo():
    """The directory that environment() takes as home."""
    with tempfile.TemporaryDirectory() as home:
        subprocess.run([PORTLOG, "-q", "demo", "--now", NOW, "--dir", f"{home}/demo"], check=True, env=environment(home),
                       stdout=subprocess.DEVNULL)
        yield home


def on_terminal(arguments, width, env):
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=env)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:
        pass
    os.close(master)
    process.wait()
    return shown.replace(b"\r\n", b"\n").decode()
