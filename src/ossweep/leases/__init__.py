"""Leases: at any moment one invocation holds a job, by records in OSS."""
