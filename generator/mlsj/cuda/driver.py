"""What the CUDA driver itself says about this machine's GPUs, through `libcuda` and nothing else.

A framework's answer (`torch.cuda.is_available()`) needs gigabytes and mixes up "no GPU" with "a build without CUDA";
the driver's is one call. Reference: CUDA Driver API, modules "Initialization", "Version Management" and
"Device Management".
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import msgspec

# The second is where WSL 2 keeps it, outside the linker's path.
LIBRARIES = ("libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1")

_NO_DEVICE = 100
_STUB_LIBRARY = 34
_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*


class Device(msgspec.Struct, frozen=True):
    """One GPU: its name, its compute capability such as "9.0", and its memory in MiB."""

    name: str
    capability: str
    memory_mib: int


class Driver(msgspec.Struct, frozen=True):
    """What was found. `absent` says why there is nothing to ask, `broken` what an installed driver answered instead."""

    version: str = ""
    devices: tuple[Device, ...] = ()
    absent: str = ""
    broken: str = ""


def probe(libraries: Sequence[str] = LIBRARIES) -> Driver:
    """Initialise the driver and list its devices; never raises."""
    library = None
    for name in libraries:
        try:
            library = ctypes.CDLL(name)
            break
        except OSError:
            continue
    if library is None:
        return Driver(absent=f"no CUDA driver: {libraries[0]} is not installed")
    code = library.cuInit(0)
    if code == _NO_DEVICE:
        return Driver(absent="the CUDA driver is installed and sees no GPU")
    if code == _STUB_LIBRARY:
        return Driver(absent="only the CUDA toolkit's stub of the driver is installed")
    count, version = ctypes.c_int(), ctypes.c_int()
    if code == 0:
        code = library.cuDeviceGetCount(ctypes.byref(count)) or library.cuDriverGetVersion(ctypes.byref(version))
    if code != 0:
        return Driver(broken=f"the CUDA driver does not start: {_name(library, code)}")
    devices = tuple(_device(library, index) for index in range(count.value))
    # The version is 1000 * major + 10 * minor.
    return Driver(version=f"{version.value // 1000}.{version.value % 1000 // 10}", devices=devices)


def _device(library: ctypes.CDLL, index: int) -> Device:
    handle, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
    library.cuDeviceGet(ctypes.byref(handle), index)
    library.cuDeviceGetName(name, len(name), handle)
    library.cuDeviceGetAttribute(ctypes.byref(major), _MAJOR, handle)
    library.cuDeviceGetAttribute(ctypes.byref(minor), _MINOR, handle)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), handle)
    return Device(name.value.decode("utf-8", "replace"), f"{major.value}.{minor.value}", memory.value // 2**20)


def _name(library: ctypes.CDLL, code: int) -> str:
    found = ctypes.c_char_p()
    library.cuGetErrorName(code, ctypes.byref(found))
    return f"{found.value.decode()} ({code})" if found.value else f"error {code}"
