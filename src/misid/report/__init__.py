"""Findings into one HTML file that opens offline, can load and send nothing, and can be read without its pictures."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.report.build import APPENDIX, render, render_short
    from misid.report.cells import sheet
    from misid.report.comparison import render_comparison
    from misid.report.evaluation import render_evaluation
    from misid.report.first import FirstScreen, first_screen
    from misid.report.page import data_block
    from misid.report.people import VERDICTS
    from misid.report.validation import render_validation

__getattr__, __dir__, __all__ = front(__name__)
