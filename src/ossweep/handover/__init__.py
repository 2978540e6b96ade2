"""To be continued: the document in which a job's rest travels to the next invocation."""
