"""To be continued: the document in which a job's rest travels on, and who carries it."""
