"""What makes misid's numbers checkable, and is not in the wheel: tables of predictions, and refits of the priors.

``python -m verification --help`` from a clone of the repository lists the commands.  Nothing in `misid` imports this.
"""
