"""Looking at processes: /proc and psutil tell the same, and a directory's growth is measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsj.verify import sampling
from mlsj.verify.sampling import Disk, ProcTable, PsutilTable, Table, below

MIB = 2**20
_TREE = """
import os, sys, time
held = bytearray(os.urandom(1) * (20 << 20))
end = time.process_time() + 0.15
while time.process_time() < end:
    pass
if len(sys.argv) < 4:
    os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-S", "-c", sys.argv[1], sys.argv[1], *sys.argv[2:], "x"])
else:
    if os.fork() == 0:
        os._exit(0)
    open(sys.argv[2], "w").write("y" * 1_000_000)
    os.rename(sys.argv[2], sys.argv[2] + ".done")
time.sleep(60)
"""

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="compares /proc with psutil")


@pytest.fixture
def top(tmp_path: Path) -> Iterator[int]:
    """Two processes and a zombie, one below the other."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", _TREE, _TREE, str(tmp_path / "f")], start_new_session=True, process_group=None
    )
    for _ in range(2000):
        if (tmp_path / "f.done").exists():
            break
        time.sleep(0.01)
    time.sleep(0.05)
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()


def test_both_ways_tell_the_same(top: int) -> None:
    tables: list[Table] = [ProcTable(), PsutilTable()]
    first, second = ({seen.pid: seen for seen in below(os.getpid(), table)} for table in tables)
    assert first.keys() == second.keys()
    assert top in first
    assert len(first) >= 3
    for pid, seen in first.items():
        other = second[pid]
        assert (seen.zombie, seen.session) == (other.zombie, other.session)
        assert seen.rss_bytes == pytest.approx(other.rss_bytes, abs=MIB)
        assert seen.cpu_s == pytest.approx(other.cpu_s, abs=0.1)
        if not seen.zombie:
            assert tables[0].passed(pid) == tables[1].passed(pid)
    assert first[top].rss_bytes > 20 * MIB
    assert first[top].cpu_s >= 0.1
    assert [seen.zombie for seen in below(top)] == [False, True]
    assert [table.look(2**22 + 1) for table in tables] == [None, None]
    assert [table.children(2**22 + 1) for table in tables] == [[], []]


def test_children_are_found_without_the_kernel_s_list(top: int, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {seen.pid for seen in below(os.getpid())}
    monkeypatch.setattr(sampling, "_lists_children", lambda: False)
    assert {seen.pid for seen in below(os.getpid())} == listed


def test_what_they_wrote(top: int) -> None:
    processes = below(top)
    assert len(processes) == 2
    total = [sampling.table().passed(seen.pid) for seen in processes if not seen.zombie]
    assert total[0] is not None
    assert 1_000_000 <= total[0][1] < 1_001_000
    passed = sampling.passed_below(top, processes, ())
    assert passed is not None
    assert passed[1] == total[0][1]


def test_memory_that_is_shared_counts_in_part(top: int) -> None:
    pss = ProcTable().pss_bytes(top)
    seen = ProcTable().look(top)
    assert pss is not None
    assert seen is not None
    assert 20 * MIB < pss <= seen.rss_bytes


def test_the_user_s_threads_are_counted() -> None:
    assert sampling.tasks_of(os.geteuid()) >= 1
    assert sampling.tasks_of(2**31) == 0


def test_growth_counts_what_is_new_however_deep(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(os.urandom(3 * MIB))
    time.sleep(0.05)
    disk = Disk(tmp_path, 2 * MIB, 5)
    disk._look_below = (2**62, 2**62)  # whatever the file system says
    assert disk.excess([]) == ""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/new").write_bytes(os.urandom(MIB))
    (tmp_path / "a/loop").symlink_to("..")
    disk._look_below = (2**62, 2**62)
    assert disk.excess([]) == ""
    (tmp_path / "a/b/more").write_bytes(os.urandom(2 * MIB))
    disk._look_below = (2**62, 2**62)
    assert disk.excess([]) == "writing more than 2 MiB to the disk"


def test_a_file_without_blocks_is_no_growth_and_many_files_are(tmp_path: Path) -> None:
    disk = Disk(tmp_path, MIB, 3)
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    disk._look_below = (2**62, 2**62)
    assert disk.excess([]) == ""
    for number in range(4):
        (tmp_path / f"{number}").touch()
    disk._look_below = (2**62, 2**62)
    assert disk.excess([]) == "making more than 3 files"


def test_nobody_looks_while_the_file_system_has_not_shrunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [100 * MIB]
    monkeypatch.setattr(sampling, "_free", lambda _: (free[0], 1000))
    looks: list[int] = []
    monkeypatch.setattr(Disk, "_grown", lambda *_: looks.append(free[0]) or (2 * MIB, 1))
    disk = Disk(tmp_path, 10 * MIB, 5)
    for used in (0, 5, 9, 11, 12, 14, 16, 17):
        free[0] = (100 - used) * MIB
        assert disk.excess([]) == ""
    assert looks == [89 * MIB, 84 * MIB]
