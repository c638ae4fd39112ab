"""From grey levels to phases: preparation, pore-back correction, thresholds, a trained classifier."""
