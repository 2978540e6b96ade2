"""From an event's bytes to the documents of the requests in it; a file for each source."""
