"""A store of millions, made once through the real write path and kept: the large company of
tests/tools/corpus, straight into store/ by bench_insert, as if it had been recorded for four years."""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PORTLOG_BUILD", ROOT / "build")).resolve()
PORTLOG = os.environ.get("PORTLOG_BINARY", str(BUILD / "portlog"))
CORPUS = BUILD / "tests" / "tools" / "corpus"
INSERT = BUILD / "tests" / "bench" / "bench_insert"
MESSAGES = 6500000  # 5 million changes and 1 million runs


def make(path, messages):
    making = path.with_name(path.name + "-making")
    for tail in ("", "-wal", "-shm", ".lock"):
        pathlib.Path(f"{making}{tail}").unlink(missing_ok=True)
    corpus = subprocess.Popen([CORPUS, "--large", "--count", str(messages), "--frames"],
                              stdout=subprocess.PIPE)
    subprocess.run([INSERT, "--as-sent", "--store", making, "-"], stdin=corpus.stdout, check=True)
    if corpus.wait():
        sys.exit("no corpus")
    for tail in ("-wal", "-shm", ""):
        if pathlib.Path(f"{making}{tail}").exists():
            os.rename(f"{making}{tail}", f"{path}{tail}")


def big_store(directory, messages):
    """The store's path; made where it is not there yet, and brought up to date where an older
    portlog made it."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"store-{messages}.db"
    if not path.exists():
        print(f"making {path}: {messages:,} messages", flush=True)
        make(path, messages)
    check = subprocess.run([PORTLOG, "--store", path, "log", "-n", "1"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if check.returncode:
        print(f"{path} was made by another portlog: reindex", flush=True)
        subprocess.run([PORTLOG, "--store", path, "reindex"], check=True)
    return path
