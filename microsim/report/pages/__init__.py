"""Report pages, one a job."""
