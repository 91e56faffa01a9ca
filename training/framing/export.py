"""Writing the trained networks as files that a site can run."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from moderation.detectors.framing.heads import HEADS, PIECE_HEADS
from moderation.detectors.framing.released import FACTS
from training.framing.network import Layer, Network

_CONTRIB = "com.microsoft"
_EPSILON = 1e-12


def light(network: Network, pieces: int) -> bytes:
    """Return the bytes of the small model: its first ``pieces`` words, matrices as bytes."""
    exit_ = str(network.shape.exits[-1])
    stored: dict[str, np.ndarray] = {
        "shape": np.array([network.shape.layers, network.shape.attention]),
        "places": _array(network.places.weight).astype(np.float16),
        "norm.weight": _array(network.norm.weight),
        "norm.bias": _array(network.norm.bias),
        "comment": _array(network.comment[exit_].weight).T,
        "comment.bias": _array(network.comment[exit_].bias),
        "piece": _array(network.piece[exit_].weight).T,
        "piece.bias": _array(network.piece[exit_].bias),
    }
    _store_bytes(stored, "words", _array(network.words.weight)[:pieces])
    for index, layer in enumerate(network.layers):
        for name in ("qkv", "out", "up", "down"):
            _store_bytes(stored, f"{index}.{name}", _array(getattr(layer, name).weight))
            stored[f"{index}.{name}.bias"] = _array(getattr(layer, name).bias)
        for name in ("norm1", "norm2"):
            stored[f"{index}.{name}.weight"] = _array(getattr(layer, name).weight)
            stored[f"{index}.{name}.bias"] = _array(getattr(layer, name).bias)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **stored)
    return buffer.getvalue()


def _array(tensor: nn.Parameter) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().float().numpy())


def _store_bytes(stored: dict[str, np.ndarray], name: str, matrix: np.ndarray) -> None:
    stored[f"{name}/q"], stored[f"{name}/s"] = _as_bytes(matrix)


def _as_bytes(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return signed bytes and a scale for each row."""
    scale = np.abs(matrix).max(1, keepdims=True) / 127 + _EPSILON
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)


def standard(network: Network, exits: Sequence[int]) -> bytes:
    """Return the bytes of the ONNX model: the mean of the heads after ``exits``.

    Word vectors and matrices are quantised to 8 and 7 bits; the latter is safe on processors
    without 8-bit dot products.
    """
    graph = _Graph(network)
    graph.add_words()
    for index, layer in enumerate(network.layers[: max(exits)], 1):
        graph.add_layer(index, layer)
        if index in exits:
            graph.add_heads(index, share=1 / len(exits))
    graph.add_sums()
    with tempfile.TemporaryDirectory() as folder:
        whole, small = Path(folder, "whole.onnx"), Path(folder, "small.onnx")
        onnx.save(graph.model(), whole)
        quantize_dynamic(
            whole,
            small,
            op_types_to_quantize=["MatMul", "Attention"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=graph.precise,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
        return small.read_bytes()


class _Graph:
    """The network as an ONNX graph, with the fused operators of ONNX Runtime."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._constants: list[onnx.TensorProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._parts: list[tuple[str, str]] = []
        self.precise: list[str] = []
        self._constant("first", np.array([1], np.int64))
        self._constant("second", np.array([2], np.int64))
        self._constant("zero", np.array([0], np.int64))

    def add_words(self) -> None:
        network = self._network
        numbers, scales = _as_bytes(_array(network.words.weight))
        self._constant("words", numbers)
        self._constant("word_scales", scales)
        self._constant("all_places", _array(network.places.weight))
        self._node("Gather", ["words", "numbers"], "word_bytes")
        self._node("Cast", ["word_bytes"], "word_floats", to=TensorProto.FLOAT)
        self._node("Gather", ["word_scales", "numbers"], "scales")
        self._node("Mul", ["word_floats", "scales"], "vectors")
        self._node("Shape", ["numbers"], "sizes")
        self._node("Slice", ["sizes", "first", "second"], "length")
        self._node("Slice", ["all_places", "zero", "length", "zero"], "places")
        self._node("Add", ["vectors", "places"], "placed")
        scale = self._constant("norm_scale", _array(network.norm.weight))
        shift = self._constant("norm_shift", _array(network.norm.bias))
        self._node("LayerNormalization", ["placed", scale, shift], "x0", axis=-1, epsilon=_EPSILON)
        self._node("Cast", ["present"], "there2", to=TensorProto.FLOAT)
        self._node("Unsqueeze", ["there2", "second"], "there")
        self._constant("one", np.float32(1))
        self._constant("far", np.float32(1e4))
        self._node("Sub", ["one", "there"], "absent1")
        self._node("Mul", ["absent1", "far"], "absent")
        self._node("ReduceSum", ["there2", "first"], "count", keepdims=1)

    def add_layer(self, index: int, layer: Layer) -> None:
        x, p = f"x{index - 1}", f"l{index}_"
        qkv = self._constant(f"{p}qkv", _array(layer.qkv.weight).T)
        qkv_bias = self._constant(f"{p}qkv_bias", _array(layer.qkv.bias))
        self._node(
            "Attention",
            [x, qkv, qkv_bias, "present"],
            f"{p}seen",
            domain=_CONTRIB,
            num_heads=layer.attention,
        )
        self._matmul(f"{p}seen", f"{p}out", layer.out)
        self._joined([f"{p}out", x], layer.norm1, layer.out, f"{p}middle")
        self._matmul(f"{p}middle", f"{p}up", layer.up)
        bias = self._constant(f"{p}up_bias", _array(layer.up.bias))
        self._node("BiasGelu", [f"{p}up", bias], f"{p}bent", domain=_CONTRIB)
        self._matmul(f"{p}bent", f"{p}down", layer.down)
        self._joined([f"{p}down", f"{p}middle"], layer.norm2, layer.down, f"x{index}")

    def add_heads(self, index: int, share: float) -> None:
        """Add the heads after a layer, their logits already divided for the mean."""
        x, p = f"x{index}", f"h{index}_"
        comment, piece = (
            heads[str(index)] for heads in (self._network.comment, self._network.piece)
        )
        self._node("Mul", [x, "there"], f"{p}only")
        self._node("ReduceSum", [f"{p}only", "first"], f"{p}sum", keepdims=0)
        self._node("Div", [f"{p}sum", "count"], f"{p}mean")
        self._node("Sub", [x, "absent"], f"{p}low")
        self._node("ReduceMax", [f"{p}low", "first"], f"{p}highest", keepdims=0)
        self._node("Concat", [f"{p}mean", f"{p}highest"], f"{p}pool", axis=1)
        for source, name, head in ((f"{p}pool", "comment", comment), (x, "piece", piece)):
            weights = self._constant(f"{p}{name}_w", _array(head.weight).T * np.float32(share))
            bias = self._constant(f"{p}{name}_b", _array(head.bias) * np.float32(share))
            self._node("MatMul", [source, weights], f"{p}{name}_m")
            self.precise.append(f"{p}{name}_m")
            self._node("Add", [f"{p}{name}_m", bias], f"{p}{name}")
        self._parts.append((f"{p}comment", f"{p}piece"))

    def add_sums(self) -> None:
        for name, parts in zip(("comment", "piece"), zip(*self._parts, strict=True), strict=True):
            self._node("Sum", list(parts), name)

    def model(self) -> onnx.ModelProto:
        batch, length = "comments", "pieces"
        graph = helper.make_graph(
            self._nodes,
            "framing",
            [
                helper.make_tensor_value_info("numbers", TensorProto.INT64, [batch, length]),
                helper.make_tensor_value_info("present", TensorProto.INT32, [batch, length]),
            ],
            [
                helper.make_tensor_value_info("comment", TensorProto.FLOAT, [batch, len(HEADS)]),
                helper.make_tensor_value_info(
                    "piece", TensorProto.FLOAT, [batch, length, len(PIECE_HEADS)]
                ),
            ],
            self._constants,
        )
        opsets = [helper.make_opsetid("", 18), helper.make_opsetid(_CONTRIB, 1)]
        model = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = 9
        return model

    def _constant(self, name: str, value: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **options: object) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], name=output, **options))

    def _matmul(self, source: str, output: str, linear: nn.Linear) -> None:
        weights = self._constant(f"{output}_w", _array(linear.weight).T)
        self._node("MatMul", [source, weights], output)

    def _joined(self, inputs: list[str], norm: nn.LayerNorm, linear: nn.Linear, out: str) -> None:
        """Add what came before, the bias of ``linear``, and normalise."""
        scale = self._constant(f"{out}_gain", _array(norm.weight))
        shift = self._constant(f"{out}_shift", _array(norm.bias))
        bias = self._constant(f"{out}_bias", _array(linear.bias))
        self._node(
            "SkipLayerNormalization",
            [*inputs, scale, shift, bias],
            out,
            domain=_CONTRIB,
            epsilon=_EPSILON,
        )


def write(folder: Path, files: Mapping[str, bytes], facts: Mapping[str, object]) -> None:
    """Write the files, and ``meta.json`` with the facts and the checksum of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        folder.joinpath(name).write_bytes(data)
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    text = json.dumps({**facts, "sha256": digests}, indent=1, ensure_ascii=False)
    folder.joinpath(FACTS).write_text(text + "\n", "utf-8")
