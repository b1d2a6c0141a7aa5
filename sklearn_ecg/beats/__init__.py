"""The beat table: one row for each beat."""
