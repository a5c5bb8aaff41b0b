"""CUDA on this machine."""
