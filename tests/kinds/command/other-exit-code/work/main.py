import sys
print("reading", file=sys.stderr)
raise SystemExit(3)
