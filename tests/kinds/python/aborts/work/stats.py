import os


def median(values):
    os.abort()
