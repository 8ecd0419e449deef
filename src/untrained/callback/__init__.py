"""What looks at a run: the watchers, and the one Lightning callback that shows the steps to them.

A watcher changes nothing. A run ends in this order, and what fails costs nothing of what came
before: the checkpoint saves the last step; each watcher saves its results; each watcher draws;
`command/job.py` writes `result.json`, and prints. A run that was killed
while it was drawn is drawn when it is resumed.
"""
