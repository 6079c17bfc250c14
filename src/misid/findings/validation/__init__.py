"""Words and pages about predictions beside observations, misses first."""
