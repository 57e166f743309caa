"""What running Alrim needs beyond the product itself: Flower's options, and the programs behind `make`.

Nothing of the product imports this; it may know the product's settings and vocabulary, nothing else of it.
"""
