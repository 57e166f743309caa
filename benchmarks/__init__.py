"""Side-by-side measurements: every figure stands beside its peers from the same run, on real servers."""
