"""The page: a plain list of violations, and one violation with its evidence."""
