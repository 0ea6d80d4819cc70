"""The parts of `benchmarks/house.py`: its code, its rooms."""
