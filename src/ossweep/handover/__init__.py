"""The handover: the document in which a job's rest travels on, and the APIs that carry it."""
