import sys

print("one\ntwo", file=sys.stderr)
