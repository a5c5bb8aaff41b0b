import signal
import sys

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready")
for line in sys.stdin:
    print(line.strip().upper())
signal.pause()
