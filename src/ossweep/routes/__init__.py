"""What an event asks for: HTTP requests, orders, words to jobs, and what rules make of events."""
