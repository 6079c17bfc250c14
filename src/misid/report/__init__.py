"""Findings into one HTML file that opens offline, can load and send nothing, and can be read without its pictures."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.report.build import appendix, short
    from misid.report.cells import sheet
    from misid.report.first import FirstScreen, first_screen
    from misid.report.page import APPENDIX, data_block, render
    from misid.report.people import VERDICTS

__getattr__, __dir__, __all__ = front(__name__)
