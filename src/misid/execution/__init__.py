"""Where the parts of a run are worked on."""
