"""Lists of what to delete: bytes in, entries out, with positions from which reading goes on."""
