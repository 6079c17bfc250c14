"""Predictions beside observations: what was published, what happened, and what no data can settle."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.validation.build import TABLES, chosen, validation
    from misid.validation.contract import Goal, Prediction, Scale, Standing, Table
    from misid.validation.deployments.notes import unpredicted
    from misid.validation.deployments.predictive import Rates, Shares, effective, log_score, pit, quantile
    from misid.validation.deployments.records import Given, Target, TruthRule, parsed, records
    from misid.validation.deployments.scenarios import Drawn, Shape, evenly, luck, scenario_of
    from misid.validation.deployments.spread import MEANS, RHOS, likeliest, log_pmf, of_total, spread_of
    from misid.validation.deployments.tables import events, rows_for
    from misid.validation.digest import FILE, Digest, Digested, from_json, shipped
    from misid.validation.partitions import FOLDS, PARTITIONS, fold_priors, folds
    from misid.validation.published.baselines import regression, straight_line
    from misid.validation.published.growth import mugshot_rows
    from misid.validation.published.twins import LEVEL, predict, twin_tables
    from misid.validation.results import Unpredicted, Unsettled, Validation
    from misid.validation.summary import reached, summaries

__getattr__, __dir__, __all__ = front(__name__)
