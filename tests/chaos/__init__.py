"""Seeded disasters: jobs over many invocations while everything goes wrong that can."""
