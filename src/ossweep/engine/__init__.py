"""The sweep itself. It knows neither Function Compute, nor event sources, nor oss2."""
