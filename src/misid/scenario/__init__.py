"""What is simulated: a terse file for people, resolved once into a complete form that engines read."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.scenario.catalog import ORDER, load_scenario, open_document, scenario_names, source_text
    from misid.scenario.convert import Converted, convert_file
    from misid.scenario.document import MAX_EVENTS, from_mapping, parse_document, read_document
    from misid.scenario.form import BlockPlace, ListPlace, Place, QuantityPlace, TablePlace, json_schema
    from misid.scenario.load import TEMPLATES, resolve, template_text, with_algorithm
    from misid.scenario.rules import JOIN, PASSES, joined, joined_rule, rule_named, rule_parts
    from misid.scenario.schema import (
        SIMULATED,
        AfterNoHit,
        Bound,
        CandidateList,
        Count,
        Fpir,
        Kin,
        OperatingPoint,
        References,
        Rule,
        Scenario,
        TestedRate,
        Threshold,
        Together,
        VendorScore,
    )
    from misid.scenario.settings import with_values

__getattr__, __dir__, __all__ = front(__name__)
