"""The networks computed by OpenVINO: the same float32 arithmetic, 1.5 to 2 times as fast on a CPU as PyTorch's.

PyTorch starts every small operation by itself; OpenVINO lays the whole graph out beforehand and fuses what it can.
What it reads is made here, from the PyTorch modules as they are: no other exporter, no compiler, nothing edited by
hand. It is kept under .cache/fast by all that it is made of, so new weights never meet an old graph.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import shutil
import threading
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.threads import cores

CACHE = Path(__file__).parents[2] / ".cache" / "fast"
NEARLY = {"preview"}  # graphs for the eye alone: in bfloat16 where the machine computes in it, in half the time

Examples = Mapping[str, tuple[nn.Module, tuple[Tensor, ...]]]  # a module, and tensors that it can be asked about
Computed = Callable[..., "Tensor | tuple[Tensor, ...]"]

# Of NumPy OpenVINO learns at its first use, and two threads that make it at once wait for each other for ever, with the
# whole process: one holds the GIL and waits for what the other sets up, which waits for the GIL
_FIRST = threading.Lock()


def graphs(examples: Callable[[], Examples], fingerprint: str, convert: bool) -> dict[str, Computed] | None:
    """What computes as the modules do, by their names; None where OpenVINO is not installed or refuses.

    Any dimension of what is asked may differ from the examples'. fingerprint: of the weights.
    convert: make the graphs where there are none yet, in seconds of work; else None is returned then.
    """
    try:
        import openvino
    except ImportError:
        return None
    try:
        folder = CACHE / _made_of(fingerprint, openvino)
        if not folder.is_dir():
            if not convert:
                return None
            _make(examples(), folder, openvino)
        return {path.stem: Graph(path) for path in sorted(folder.glob("*.blob"))}
    except Exception as error:  # whatever a converter makes of a module, and a disk that is full or read-only
        logging.getLogger(__name__).warning("OpenVINO is not used, PyTorch computes instead: %s", error)
        return None


class Graph:
    """One compiled graph, for many threads to ask, on as many cores as torch is set to use in the thread that asks."""

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        self._idle: dict[int, queue.SimpleQueue] = {}
        self._compiled: dict[int, Any] = {}  # OpenVINO's
        self._load(1)

    def __call__(self, *tensors: Tensor) -> Tensor | tuple[Tensor, ...]:
        count = torch.get_num_threads()
        if count not in self._idle:
            self._load(count)
        try:
            request = self._idle[count].get_nowait()
        except queue.Empty:
            request = self._compiled[count].create_infer_request()
        found = request.infer([tensor.contiguous().numpy() for tensor in tensors], share_inputs=True)
        out = tuple(torch.from_numpy(np.array(value)) for value in found.to_tuple())  # copied: the request is reused
        self._idle[count].put(request)
        return out if len(out) > 1 else out[0]

    def _load(self, count: int) -> None:
        import openvino

        with _FIRST:
            openvino.Tensor(np.zeros(1, np.float32), shared_memory=True).data.sum()
        with self._lock:
            if count not in self._idle:
                blob = self._path.read_bytes()
                self._compiled[count] = openvino.Core().import_model(blob, "CPU", _options(count, self._path.stem))
                self._idle[count] = queue.SimpleQueue()


def _options(threads: int, name: str) -> dict[str, object]:
    """Of f32: else it computes in bf16 where the machine can, and draws other pictures. A stream computes one batch."""
    import openvino

    able = "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    precision, streams = "bf16" if able and name in NEARLY else "f32", max(1, cores() // threads)
    return {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads * streams, "NUM_STREAMS": streams}


def _made_of(fingerprint: str, openvino) -> str:
    """A name for graphs of these weights, of the code they are traced from, for this machine and release."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    machine = openvino.Core().get_property("CPU", "FULL_DEVICE_NAME"), openvino.get_version(), torch.__version__
    return hashlib.sha256(b"\0".join([fingerprint.encode(), repr(machine).encode(), *code])).hexdigest()[:32]


def _make(examples: Examples, folder: Path, openvino) -> None:
    part, traced = folder.with_suffix(f".{threading.get_ident()}"), dict[nn.Module, Any]()
    part.mkdir(parents=True)
    try:
        for name, (module, example) in examples.items():
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of tracing: which checks of shapes it leaves out
                if module not in traced:  # one may be computed in two precisions
                    traced[module] = openvino.convert_model(module.eval(), example_input=example)
            compiled = openvino.Core().compile_model(traced[module], "CPU", _options(1, name))
            (part / f"{name}.blob").write_bytes(compiled.export_model().getvalue())
        if not folder.is_dir():  # else another process was quicker
            part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
