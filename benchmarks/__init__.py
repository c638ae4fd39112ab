"""Speed and memory beside other people's codes: python -m benchmarks."""
