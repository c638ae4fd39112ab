"""IMAGE: volume files in and out, known data sets, and what is done to images before they become phases."""
