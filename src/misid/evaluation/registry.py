"""What a figure of an evaluation is: one row says its name, its words, its unit, and which function computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from misid.evaluation.contract import HERE
from misid.quantities import Conditions, Estimate, Interval


@dataclass(frozen=True)
class Figure:
    """A statistic that an evaluation prints.

    To add one, write the function that computes it and its row in the list of its part (`PAIR_FIGURES` for
    comparisons): JSON and tables take name, words and unit from the row, pages its name in words from the catalogue
    (``evaluation.names``).  A part that repeats figures, at each FMR or threshold, appends that to the name; ``over``
    says which.
    """

    name: str  # plain and stable: "fnmr_at_fmr", to which the FMR is appended
    words: str  # what was computed, ahead of how its interval was found
    compute: Callable[..., Interval]
    unit: str = "probability"
    over: str = "data"
    rests_on_both: bool = False  # on the fewer of misses and false matches, not on its own count
    caveats: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """Name of the rate, without where it is taken: ``fnmr``."""
        return self.name.partition("_at_")[0].removesuffix("_at")

    def estimate(
        self, found: Interval, conditions: Conditions, errors: int | None = None, caveats: tuple[str, ...] = ()
    ) -> Estimate:
        """Publish what `compute` returned."""
        shown = Estimate.of(
            found,
            conditions=conditions,
            distance=HERE,
            unit=self.unit,
            words=self.words,
            errors=errors,
            caveats=caveats,
        )
        return shown.with_caveats(*self.caveats)

    def missing(
        self, reason: str, conditions: Conditions, n: float | None = None, caveats: tuple[str, ...] = ()
    ) -> Estimate:
        """Publish that the data cannot give it."""
        return Estimate.missing(
            reason, conditions=conditions, distance=HERE, unit=self.unit, words=self.words, n=n, caveats=caveats
        )
