"""The command generate."""

from ..jobs.generate import generate_electrode
from .from_job import command_of

command_of(
    generate_electrode, "generate", ["microsim generate meshes/demo_electrode.yaml --out electrode.tif"]
)
