"""What real deployments counted, beside what misid would have predicted from the little that is known of them."""

from misid.validation.deployments.notes import unpredicted, unsettled
from misid.validation.deployments.tables import deployments

__all__ = ["deployments", "unpredicted", "unsettled"]
