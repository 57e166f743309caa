"""Memory: all threads allocate from one arena, by malloc's own account."""

import subprocess
import sys

import pytest

THREADS = """
import ctypes, sys, threading
from config import memory
if sys.argv[1] == "shared":
    memory.share_arenas()
libc = ctypes.CDLL(None)
libc.open_memstream.restype = ctypes.c_void_p
allocated = threading.Barrier(9)
def allocate():
    kept = [bytearray(5000) for _ in range(100)]
    allocated.wait()
    allocated.wait()
for _ in range(8):
    threading.Thread(target=allocate).start()
allocated.wait()
text, size = ctypes.c_char_p(), ctypes.c_size_t()
stream = ctypes.c_void_p(libc.open_memstream(ctypes.byref(text), ctypes.byref(size)))
libc.malloc_info(0, stream)
libc.fclose(stream)
allocated.wait()
print(text.value.count(b"<heap nr="))
"""


@pytest.mark.parametrize(("how", "one"), [("shared", True), ("as it is", False)])
def test_threads_share_an_arena(how: str, one: bool) -> None:  # noqa: FBT001 - a parameter of the table
    said = subprocess.run([sys.executable, "-c", THREADS, how], capture_output=True, text=True, check=True).stdout
    assert (int(said) == 1) is one
