"""Units of figures, as results.json has them: codes, the same in every language."""

A_YEAR = "people a year"
OF_ACTIONS = "share of actions"
OF_HITS = "share of hits"
OF_STRANGERS = "share of strangers"
PER_PHI = "people per unit of phi"
