"""What a plan says of a job before it runs: pure sums over what its listings have shown."""
