"""What a run tells beside its voltage: losses, utilisation, validity, homogenised parameters."""
