"""The command datasets."""

from ..jobs.datasets import datasets
from .from_job import command_of

command_of(datasets, "datasets", ["microsim datasets", "microsim datasets --json -"])
