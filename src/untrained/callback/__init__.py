"""Callbacks: they look at what each step gives, and never change it.

A run ends in this order, and what fails costs nothing of what came before: `checkpoint` saves the
last step; `on_fit_end` saves the results; `teardown` draws; `command/job.py` writes `result.json`,
and prints. A run that has all of its steps but not its drawings gets them when it is resumed.
"""
