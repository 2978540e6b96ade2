"""Routes, one for each thing that an event asks for: HTTP, orders, words to jobs, and rules."""
