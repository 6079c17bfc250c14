"""The databases behind an answer: which one speaks, and how often it is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.population import Floats


@dataclass(frozen=True)
class RecordNumbers:
    """Which database answers, and how often what it says is wrong.

    Parameters
    ----------
    databases : tuple of str
        By precedence.
    answers : ndarray, shape (S, D)
        P(this database answers for an enrolled person), by status; rows sum to 1.
    error : ndarray, shape (S, 2, D)
        P(the record says the opposite of what is so), by status, age (minors first) and database.
    linked, entered : float
        Parts of the wrong records that are linked to somebody else, or were entered wrongly; the rest is stale.
    wrong : ndarray, shape (3,)
        P(name, birth date, nationality wrong), each by itself.
    second_record : float
        Share of enrolled people with a second record.
    """

    databases: tuple[str, ...]
    answers: Floats
    error: Floats
    linked: float
    entered: float
    wrong: Floats
    second_record: float

    @classmethod
    def of(
        cls,
        databases: tuple[str, ...],
        covers: Floats,
        delay: Floats,
        error: Floats,
        linked: float,
        entered: float,
        wrong: Floats,
        second_record: float,
    ) -> RecordNumbers:
        """Work out who answers and how stale each database is.

        Parameters
        ----------
        databases : tuple of str
            By precedence.
        covers : ndarray, shape (S, D)
            Share of the enrolled people of a status of whom a database holds a record; independent between databases.
        delay : ndarray, shape (D,)
            How late a change of status reaches each, in years.
        error : ndarray, shape (S, 2)
            P(the record that answers is wrong), over all databases.
        linked, entered, wrong, second_record
            As the attributes.

        Notes
        -----
        The first database by precedence that holds a record answers; where none does, the last in line answers with
        the photo's own entry.  What is stale is proportional to a database's delay, scaled so that over the answers the
        error is the one given.
        """
        missed = np.cumprod(np.hstack([np.ones((len(covers), 1)), 1.0 - covers[:, :-1]]), axis=1)
        answers = missed * covers
        answers[:, -1] += 1.0 - answers.sum(axis=1)
        stale = 1.0 - linked - entered
        mean = answers @ delay
        relative = np.divide(delay[None, :], mean[:, None], out=np.ones_like(covers), where=mean[:, None] > 0)
        # No database can be wrong more often than always: where the spread asks for that it is drawn in, mean kept.
        most = np.where(error > 0, (np.where(error > 0, 1.0 / np.maximum(error, 1e-300), np.inf) - 1.0), np.inf)
        reach = (stale * (relative - 1.0)).max(axis=1)
        drawn_in = np.minimum(1.0, np.divide(most, reach[:, None], out=np.ones_like(most), where=reach[:, None] > 0))
        factor = 1.0 + drawn_in[:, :, None] * stale * (relative - 1.0)[:, None, :]
        return cls(databases, answers, error[:, :, None] * factor, linked, entered, wrong, second_record)
