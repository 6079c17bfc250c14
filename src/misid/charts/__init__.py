"""Chart data into Vega-Lite specifications: one look, light and dark, from a phone to paper."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.charts.axes import share_label
    from misid.charts.files import FORMATS, chart_files, check_formats
    from misid.charts.specs import KINDS, vega_lite

__getattr__, __dir__, __all__ = front(__name__)
