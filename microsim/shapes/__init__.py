"""Measures of phases: sizes, chords, contacts, clusters; single particles."""
