import signal
import sys

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("starting", flush=True)
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
signal.pause()
