"""Draw figures and write the report page; the only folder that draws."""
