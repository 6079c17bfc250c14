"""What makes misid's numbers checkable, and is not in the wheel: tables of predictions, refits, coverage studies.

``python -m verification --help`` from a clone of the repository lists the commands.  Nothing in `misid` imports this.
"""
