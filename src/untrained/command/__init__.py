"""The command line: with `train.py` the only place that knows Hydra."""
