"""Parameters of the potential, read from the data tables, where their intervals and basis stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from tarazu.core.measure import Interval
from tarazu.core.parameters import Parameter, section


@dataclass(frozen=True, slots=True)
class PotentialPriors:
    """Parameters of `assess` and `draws`; their meanings stand in the data tables.

    Standard deviations are of natural logarithms; shares lie in (0, 1).
    """

    attainable_share: Interval
    staleness_sd_per_year: float
    flow_staleness_sd_per_year: float
    zero_share_log_sd: float
    partial_span_log_sd: float
    shortest_span_years: float
    reading_log_sd: float
    check_log_sd: float
    doubtful_log_sd: float
    far_years: float
    relevance_ratio: float
    oldest_flow_years: float
    upper_bound_log_sd: float
    ended_share: float
    ended_log_sd: float
    unit_value_log_sd: float
    borrowed_unit_value_log_sd: float
    peak_log_sd: float
    rest_share: float
    cif_fob: float

    @classmethod
    def load(cls, parameters: Mapping[str, Parameter] | None = None) -> PotentialPriors:
        """From parameters.toml and potential.toml; an entry of `parameters` replaces the one of its name."""
        own = section("potential") | section("potential", "potential.toml")
        table = own | {"cif_fob": section("response")["cif_fob"]} | dict(parameters or {})
        values = {
            each.name: table[each.name].value for each in fields(cls) if each.name != "attainable_share"
        }
        return cls(attainable_share=table["attainable_share"].interval, **values)
