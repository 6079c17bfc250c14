"""The answers, with count, interval and main doubt."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.findings.build import findings
    from misid.findings.cards import card_tables
    from misid.findings.compare.build import check_rules, chosen_rules, comparison
    from misid.findings.compare.model import Comparison
    from misid.findings.compare.scenarios import scenario_comparison
    from misid.findings.compare.words import rule_title
    from misid.findings.encounters import Simulation, simulate
    from misid.findings.estimates import Estimates, estimates_of
    from misid.findings.evaluation.as_json import csv_text
    from misid.findings.evaluation.build import evaluation_page
    from misid.findings.inputs import briefly_tested, csv_of
    from misid.findings.model import Cell, ChartData, Finding, Findings, Page, Part, Section, Table
    from misid.findings.nearness import BESIDE, marks, tested_sentence
    from misid.findings.questions.registry import best_shown, listed, not_answered, unsure_records
    from misid.findings.screens import Screen
    from misid.findings.short import Here, share_named
    from misid.findings.validation.files import digest_csv
    from misid.findings.validation.page import validation_page

__getattr__, __dir__, __all__ = front(__name__)
