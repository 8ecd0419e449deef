"""Published tables by one command: `python -m untrained.reproduce dip-denoising --data folder`."""
