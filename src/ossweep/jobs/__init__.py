"""A job over all its invocations: its order, an invocation's share of it, and who goes on."""
