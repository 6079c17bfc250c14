"""What is said of one algorithm, measured on data that somebody gave."""
