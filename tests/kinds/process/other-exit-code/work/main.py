import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))
print("ready", flush=True)
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
signal.pause()
