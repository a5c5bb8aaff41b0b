"""Kind `cuda.driver`: the CUDA driver starts and sees GPUs, asked without any framework."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, Verdict, failed, passed, unverified

LOOKS_AT: tuple[str, ...] = ()
DETERMINISTIC = False  # another driver, or another machine, and the files are the same


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `cuda.driver`."""

    min_devices: Annotated[int, Meta(ge=1, le=64, description="How many GPUs the driver must see.")] = 1


def judge(params: Params, context: Context) -> Finding:  # noqa: ARG001 - it asks the machine, not the learner's files
    """Initialise the driver and count its devices."""
    from mlsj.cuda.driver import probe

    driver = probe()
    if driver.absent:
        return unverified(driver.absent)
    if driver.broken:
        return Finding(Verdict.ERROR, driver.broken, phase="environment")
    names = ", ".join(f"{device.name} (compute capability {device.capability})" for device in driver.devices)
    if len(driver.devices) < params.min_devices:
        return failed(
            "the driver sees too few GPUs",
            expected=f"at least {params.min_devices}",
            got=f"{len(driver.devices)}: {names}",
            next_step="make the other GPUs visible: look at CUDA_VISIBLE_DEVICES and nvidia-smi",
        )
    return passed(f"driver for CUDA {driver.version} sees {names}")
