"""What is said of predictions beside observations, misses first."""
