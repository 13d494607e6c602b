import signal, subprocess, sys

process = subprocess.Popen(["bash", "-c", 'exec "$0" sql "$1"', *sys.argv[1:]], stdout=subprocess.PIPE,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
process.stdout.read(1)
process.send_signal(signal.SIGINT)
print(process.wait(timeout=20) in (130, -signal.SIGINT))
