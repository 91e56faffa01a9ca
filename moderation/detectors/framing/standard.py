"""The larger model on ONNX Runtime, one thread, whatever processor it finds."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

# Nothing leaves the site: from 1.29 on, the runtime reports its use to its makers unless told
# not to, and wants to be told before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime

from moderation.detectors.framing.released import ModelError

onnxruntime.disable_telemetry_events()


class StandardNetwork:
    """A session over a quantised transformer.

    Args:
        data: the bytes of the ONNX file.
        threads: how many processor cores one call may use.

    Raises :class:`~moderation.detectors.framing.released.ModelError` if they are damaged.
    """

    def __init__(self, data: bytes, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False
        try:
            self._session = onnxruntime.InferenceSession(
                data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no base class of their own
            raise ModelError("the standard framing model is damaged") from error

    def logits(self, batch: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return logits of comments and of their pieces (see ``scoring.Network``)."""
        length = max(map(len, batch))
        numbers = np.zeros((len(batch), length), np.int64)
        present = np.zeros((len(batch), length), np.int32)
        for row, pieces in enumerate(batch):
            numbers[row, : len(pieces)] = pieces
            present[row, : len(pieces)] = 1
        whole, parts = self._session.run(
            ["comment", "piece"], {"numbers": numbers, "present": present}
        )
        return whole, parts
