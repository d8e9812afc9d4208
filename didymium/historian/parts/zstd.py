"""ZSTD for compiled code: the library's own function under a name that compiled kernels find, also those from a cache.

The package ``backports.zstd`` carries the library; its Python door costs more than a frame and holds the interpreter.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Final

import llvmlite.binding as llvm
from numba import types

from didymium.historian.parts.errors import Unreadable

_NAME: Final = "didymium_zstd_decompress"

unpack: Final = types.ExternalFunction(
    _NAME, types.uint64(types.intp, types.intp, types.uint64, types.intp, types.uint64)
)
"""ZSTD_decompressDCtx(context, to, size of to, from, size of from): the bytes written, an error code where it fails."""


class _Context:
    """What the library keeps for one thread, as long as it lives."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self.address = int(library.ZSTD_createDCtx() or 0)

    def __del__(self) -> None:
        self._library.ZSTD_freeDCtx(ctypes.c_void_p(self.address))


class _Contexts(threading.local):
    """This thread's own. A ``__del__`` here would run once for all threads, and not when one of them ends."""

    own: _Context | None = None


def _loaded() -> ctypes.CDLL | None:
    try:
        from backports.zstd import _zstd

        library = ctypes.CDLL(_zstd.__file__)
        llvm.add_symbol(_NAME, ctypes.cast(library.ZSTD_decompressDCtx, ctypes.c_void_p).value)
        library.ZSTD_createDCtx.restype = ctypes.c_void_p
    except (ImportError, AttributeError, OSError):
        return None
    return library


_library = _loaded()
_contexts = _Contexts()


def context() -> int:
    """This thread's context. Raises ``Unreadable`` where the library is missing."""
    if _library is None:
        raise Unreadable("the package backports.zstd is missing or hides its library")
    if _contexts.own is None:
        _contexts.own = _Context(_library)
    return _contexts.own.address
