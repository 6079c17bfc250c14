"""The answers, with count, interval and main doubt."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.findings.build import findings
    from misid.findings.cards import card_tables
    from misid.findings.causes import expected_shares
    from misid.findings.compare.build import check_rules, chosen_rules, comparison, with_rules
    from misid.findings.compare.effects import PHIS, RuleEffects
    from misid.findings.compare.ledger import PAIRED, OutcomePair, count_pairs
    from misid.findings.compare.model import Comparison
    from misid.findings.compare.scenarios import exchange, scenario_comparison
    from misid.findings.compare.words import rule_title
    from misid.findings.encounters import Simulation, rests_on, shown_world, simulate
    from misid.findings.estimates import Estimates, estimates_of
    from misid.findings.evaluation.as_json import SCHEMA, csv_text
    from misid.findings.evaluation.build import evaluation_page
    from misid.findings.inputs import briefly_tested, csv_of
    from misid.findings.model import Cell, ChartData, Finding, Findings, Page, Part, Section, Table
    from misid.findings.nearness import BESIDE, INPUTS, USE, distance_words, from_data, marks, tested_sentence
    from misid.findings.questions.registry import best_shown, listed, not_answered, unsure_records
    from misid.findings.screens import Screen
    from misid.findings.short import Here, share_named
    from misid.findings.simulated.counts import SMALLEST, company_section
    from misid.findings.simulated.kept import retention_section
    from misid.findings.simulated.ledger import FEW, MEASURES, Book, Moments, SimulatedRun, open_book, simulated_rate
    from misid.findings.simulated.phone import FOUR, drawn, four_screens, sight
    from misid.findings.simulated.rerun import OFF, pieces_on, rerun_section, without_pieces
    from misid.findings.validation.files import digest_csv
    from misid.findings.validation.page import (
        FAMILIES,
        anchor,
        family_of,
        known,
        made,
        table_sentence,
        validation_page,
    )
    from misid.findings.validation.tables import FOLDED, beyond, figure_name, limit, off_by_sign, row_table
    from misid.findings.words import by_phi, figure

__getattr__, __dir__, __all__ = front(__name__)
