"""Threads: as many as gain by it, and never more than this process may use."""

from __future__ import annotations

import os

import pytest
import torch

import core
from core import threads


def machine(folder, monkeypatch, affinity: int, files: dict[str, str], told: str | None = None):
    """A machine of our own under a folder."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(affinity)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


V2 = {"proc/self/cgroup": "0::/box/inner\n", "sys/fs/cgroup/box/inner/cpu.max": "max 100000\n"}
V1 = {"proc/self/cgroup": "3:cpuset:/\n2:cpu,cpuacct:/box\n0::/\n"}
V1_FOLDER = "sys/fs/cgroup/cpu,cpuacct/box/"


@pytest.mark.parametrize(
    ("affinity", "files", "told", "cores"),
    [
        (8, {}, None, 8),
        (3, {}, "16", 3),
        (8, {}, "2", 2),
        (8, {}, "4,2", 4),
        (8, {}, "nonsense", 8),
        (8, V2, None, 8),
        (8, V2 | {"sys/fs/cgroup/box/cpu.max": "200000 100000\n"}, None, 2),  # the quota of an outer group
        (8, V2 | {"sys/fs/cgroup/box/inner/cpu.max": "150000 100000\n"}, None, 1),
        (8, V2 | {"sys/fs/cgroup/box/inner/cpu.max": "10000 100000\n"}, None, 1),  # a tenth of a core
        (8, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "400000 100000"}, None, 4),  # in a container
        (8, V1 | {V1_FOLDER + "cpu.cfs_quota_us": "300000\n", V1_FOLDER + "cpu.cfs_period_us": "100000\n"}, None, 3),
        (8, V1 | {V1_FOLDER + "cpu.cfs_quota_us": "-1\n", V1_FOLDER + "cpu.cfs_period_us": "100000\n"}, None, 8),
        (8, {"proc/self/cgroup": "rubbish"}, None, 8),
    ],
)
def test_no_more_than_affinity_quota_and_the_user_allow(affinity, files, told, cores, tmp_path, monkeypatch):
    assert threads.cores(machine(tmp_path, monkeypatch, affinity, files, told)) == cores


def test_a_machine_without_affinity_tells_its_cores(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert threads.cores(tmp_path) == 6


def test_a_small_run_has_one_thread_and_large_work_all_cores(monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 4)
    broad, pipeline = 8_080_000, 860_000_000
    assert threads.of_run(broad, 2 * 64) == 1
    assert threads.of_run(broad, 2 * 8 * 64) == 1  # a full batch of the page
    assert threads.of_run(broad, 2 * 64 * 64) == 4  # what an evaluation draws at once
    assert threads.of_run(pipeline, 2 * 64 * 64) == 4


def test_a_run_sets_what_it_needs(monkeypatch):
    asked = []
    monkeypatch.setattr(threads, "use", asked.append)
    list(core.load("starter").run(core.Request("a cat", steps=2)))
    assert set(asked) == {1}


def test_the_tests_themselves_run_on_one_thread():
    assert torch.get_num_threads() == 1
