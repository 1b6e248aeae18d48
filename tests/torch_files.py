"""Files as PyTorch writes them, without PyTorch: both layouts, of float32 tensors by name."""

from __future__ import annotations

import io
import pickle
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from app.engine.types import Floats


class _Storage:
    def __init__(self, key: str, array: Floats) -> None:
        self.key, self.array = key, array


class _Tensor:
    """What pickles as a tensor: its storage, offset, shape and strides in elements."""

    def __init__(self, key: str, array: Floats) -> None:
        self.storage = _Storage(key, array)

    def __reduce__(self) -> tuple[Any, ...]:
        array = self.storage.array
        strides = tuple(step // array.itemsize for step in array.strides)
        return sys.modules["torch._utils"]._rebuild_tensor_v2, (self.storage, 0, array.shape, strides, False, OrderedDict())


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, *, legacy: bool) -> None:
        super().__init__(file, protocol=2)
        self._more = (None,) if legacy else ()

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, _Storage):
            return None
        return ("storage", sys.modules["torch"].FloatStorage, obj.key, "cpu", obj.array.size, *self._more)


@contextmanager
def _names() -> Iterator[None]:
    """PyTorch's names for as long as a file is written, so that pickle can refer to them."""
    torch, utils = ModuleType("torch"), ModuleType("torch._utils")

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utils.__dict__["_rebuild_tensor_v2"] = _rebuild_tensor_v2
    torch.__dict__["FloatStorage"] = type("FloatStorage", (), {"__module__": "torch"})
    sys.modules |= {"torch": torch, "torch._utils": utils}
    try:
        yield
    finally:
        del sys.modules["torch"], sys.modules["torch._utils"]


def torch_file(arrays: Mapping[str, Floats], *, legacy: bool = False, around: Mapping[str, Any] | None = None) -> bytes:
    """A state dict; `around`: what else a checkpoint holds beside its `state_dict`."""
    rows = {name: np.array(array, np.float32) for name, array in arrays.items()}
    tree: Any = OrderedDict((name, _Tensor(str(number), row)) for number, (name, row) in enumerate(rows.items()))
    tree = tree if around is None else {**around, "state_dict": tree}
    described, out = io.BytesIO(), io.BytesIO()
    with _names():
        _Pickler(described, legacy=legacy).dump(tree)
    if legacy:
        told = {"protocol_version": 1001, "little_endian": True, "type_sizes": {}}
        out.write(b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, told)) + described.getvalue())
        out.write(pickle.dumps([str(number) for number in range(len(rows))], 2))
        for row in rows.values():
            out.write(row.size.to_bytes(8, "little") + row.tobytes(order="A"))
        return out.getvalue()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("net/data.pkl", described.getvalue())
        packed.writestr("net/byteorder", "little")
        for number, row in enumerate(rows.values()):
            packed.writestr(f"net/data/{number}", row.tobytes(order="A"))
    return out.getvalue()
