"""The audit of a user's own training: run it, watch it, and write one page that says what to do."""
