"""What looks at a run: the watchers, and the one Lightning callback that shows the steps to them.

A watcher changes nothing. A run ends in this order, and what fails costs nothing of what came
before:

1. The checkpoint saves the last step.
2. Each watcher saves its results.
3. Each watcher draws.
4. `command/job.py` writes `result.json`, and prints.

A run that was killed while it was drawn is drawn when it is resumed.
"""
