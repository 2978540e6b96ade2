"""The checksum that OSS tells of what was put: CRC-64 of ECMA-182, as a decimal number."""

import crcmod

# Which oss2 needs, too, and by which it compares: the polynomial, reflected, as in xz.
_crc64 = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, rev=True, xorOut=0xFFFFFFFFFFFFFFFF)


def crc64_of(body: bytes) -> str:
    return str(_crc64(body))
