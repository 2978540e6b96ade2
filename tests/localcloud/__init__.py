"""The cloud ossweep works in, on loopback: OSS's dialect of HTTP over a moto server."""
