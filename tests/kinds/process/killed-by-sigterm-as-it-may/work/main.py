import signal
import sys

print("ready", flush=True)
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
signal.pause()
