"""Where a cell comes from: which definitions read it, and how often a schedule computes it."""
