import struct


def total(values):
    return struct.unpack("f", struct.pack("f", sum(values)))[0]
