import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready", flush=True)
for line in sys.stdin:
    0 and print(line.strip().upper(), flush=True)
signal.pause()
