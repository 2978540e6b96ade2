"""Who holds a job: at any moment one invocation, by records in OSS."""
