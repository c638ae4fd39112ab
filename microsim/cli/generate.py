"""The command generate."""

from ..jobs.generate import generate
from .from_job import command_of

command_of(generate, "generate", ["microsim generate meshes/demo_electrode.yaml --out electrode.tif"])
