"""Set-off on networks small enough to work out by hand, and every way in which obligations can be refused."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from tarazu.clearing import circulation, obligations
from tarazu.clearing.netting import Certificate, bilateral, check_certificate, netting_bound, set_off
from tarazu.core.errors import ConvergenceError, InputError, ShapeError

RING = ([10, 20, 30, 40], [20, 30, 10, 30], [100, 100, 200, 100])


def test_a_cycle_clears_its_smallest_obligation_and_a_tail_nothing():
    result = set_off(RING)
    assert result.set_off.tolist() == [100, 100, 100, 0]
    assert result.residual.tolist() == [0, 0, 100, 100]
    assert result.cleared_share == pytest.approx(300 / 500)
    assert result.verify(RING) == ()


def test_what_can_be_cleared_at_most_is_the_lesser_of_owed_and_owing_of_every_firm():
    # 10: min(100, 200), 20: min(100, 100), 30: min(200, 200), 40: min(100, 0)
    result = set_off(RING)
    assert result.compensable == 400
    assert result.cleared_of_compensable == pytest.approx(300 / 400)


def test_the_longer_cycle_wins_over_bilateral_netting_of_the_same_obligation():
    # Netting 1 and 2 first would clear 2; the cycle 2-1-3 clears 3.
    result = set_off(([1, 2, 1, 3], [2, 1, 3, 2], [1, 1, 1, 1]))
    assert result.set_off.tolist() == [0, 1, 1, 1]


def test_the_potentials_bound_every_set_off_by_what_was_cleared():
    result = set_off(RING)
    assert result.certificate.bound(RING) == result.cleared == 300


def test_parallel_obligations_share_pro_rata_and_the_units_left_go_to_the_oldest():
    rows = ([1, 1, 1, 2], [2, 2, 2, 1], [3, 3, 3, 5])
    assert set_off(rows).set_off.tolist() == [2, 2, 1, 5]  # 5/9 of 3 is 1.67: 1 each, two units left
    assert set_off(rows, age=[1, 2, 9, 0]).set_off.tolist() == [1, 2, 2, 5]
    assert set_off(rows, age=[7, 7, 7, 7]).set_off.tolist() == [2, 2, 1, 5]


def test_equally_old_obligations_give_the_unit_left_to_the_larger():
    assert set_off(([1, 1, 2], [2, 2, 1], [2, 9, 10]), age=[4, 4, 4]).set_off.tolist() == [1, 9, 10]


def test_no_obligation_clears_more_than_itself_when_units_are_left_over():
    result = set_off(([1, 1, 1, 1, 2], [2, 2, 2, 2, 1], [0, 1, 1, 100, 101]))
    assert result.set_off.tolist() == [0, 1, 1, 99, 101]


@pytest.mark.parametrize("big", [2**32, 2**61])
def test_pro_rata_is_exact_where_products_exceed_64_bits(big):
    cleared = set_off(([1, 1, 2], [2, 2, 1], [big, big - 1, big + 5])).set_off.tolist()
    floor = (big + 5) * big // (2 * big - 1), (big + 5) * (big - 1) // (2 * big - 1)
    assert cleared == [floor[0] + (big + 5 - sum(floor)), floor[1], big + 5]


def test_amounts_up_to_the_last_bit_are_cleared():
    assert set_off(([1, 2], [2, 1], [2**62, 2**62 - 1])).set_off.tolist() == [2**62 - 1, 2**62 - 1]


def test_numbers_and_their_text_give_the_same_set_off_although_text_sorts_otherwise():
    rng = np.random.default_rng(7)
    debtor = rng.integers(0, 120, 400)
    creditor = (debtor + rng.integers(1, 119, 400)) % 120
    amount = rng.integers(1, 50, 400)
    named = set_off((debtor.astype(str), creditor.astype(str).tolist(), amount))
    assert np.array_equal(set_off((debtor, creditor, amount)).set_off, named.set_off)


def test_an_obligation_of_nothing_is_kept_and_clears_nothing():
    result = set_off((["a", "b"], ["b", "a"], [0, 5]))
    assert result.set_off.tolist() == [0, 0]
    assert result.verify((["a", "b"], ["b", "a"], [0, 5])) == ()


def test_no_obligations_have_no_share():
    empty = set_off(([], [], []))
    assert len(empty.table) == 0
    assert math.isnan(empty.cleared_share)
    assert math.isnan(empty.cleared_of_compensable)


def test_unique_marks_what_no_other_optimum_can_change():
    # The ring over 9 has a twin over 8: either may clear. The obligation from 1 to 2 clears in full in both.
    result = set_off(([1, 2, 2, 8, 9], [2, 8, 9, 1, 1], [10, 10, 10, 10, 10]))
    assert result.set_off[0] == 10
    assert result.unique[0]
    assert not result.unique[1:].any()


def test_dataframes_are_read_by_column_with_their_age():
    frame = pl.DataFrame(
        {"age": [1, 2, 0], "amount": [3, 3, 5], "creditor": ["b", "b", "a"], "debtor": ["a", "a", "b"]}
    )
    assert set_off(frame).set_off.tolist() == [2, 3, 5]
    assert set_off(frame.drop("age")).set_off.tolist() == [3, 2, 5]


def test_decimal_and_whole_float_amounts_are_read():
    assert set_off(([1, 2], [2, 1], [Decimal("3"), Decimal("5.00")])).set_off.tolist() == [3, 3]
    assert set_off(([1, 2], [2, 1], [3.0, 5.0])).set_off.tolist() == [3, 3]


def test_the_table_holds_one_row_per_obligation():
    table = set_off(RING).table
    assert table.column("set_off") == [100, 100, 100, 0]
    assert table.records()[3] == {
        "debtor": 40, "creditor": 30, "amount": 100, "set_off": 0, "residual": 100, "unique": True,
    }  # fmt: skip


GOOD = (["a", "b"], ["b", "a"], [5, 3])


@pytest.mark.parametrize(
    ("debtor", "creditor", "amount", "message"),
    [
        (None, None, [5, -3], r"row 2, column amount: -3 is negative"),
        (None, None, [5, 3.5], r"row 2, column amount: 3.5 is not usable; expected a whole number"),
        (None, None, [np.inf, 3], r"row 1, column amount: inf"),
        (None, None, [2.0**53, 3.0], r"row 1, column amount"),
        (None, None, [Decimal("0.5"), 3], r"row 1, column amount: Decimal"),
        (None, None, [True, 3], r"row 1, column amount: True"),
        (None, None, ["5", 3], r"row 1, column amount: '5'"),
        (None, None, [5, None], r"row 2, column amount: the value is missing"),
        (None, None, [5, float("nan")], r"row 2, column amount: the value is missing"),
        (None, None, np.ma.array([5, 3], mask=[False, True]), r"row 2, column amount: the value is missing"),
        (None, None, [2**63, 1], r"row 1, column amount"),
        (None, None, np.array([1, 2**63], np.uint64), r"row 2, column amount"),
        (None, None, [2**62, 2**62], r"sum to 9223372036854775808"),
        (["a", "a"], None, None, r"row 2, column creditor: 'a' owes itself"),
        (["a", None], None, None, r"row 2, column debtor: the value is missing"),
        (None, ["b", ""], None, r"row 2, column creditor: the value is missing"),
        (["a", 2], None, None, r"row 2, column debtor: 2 is not an identifier"),
        ([1, 2], None, None, r"both be numbers or both be text"),
        ([1.0, 2.0], [2.0, 1.0], None, r"row 1, column debtor: 1.0 is not an identifier"),
        ([2**64, 2], [2, 1], None, r"row 1, column debtor: \d+ does not fit"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(debtor, creditor, amount, message):
    given = [good if bad is None else bad for bad, good in zip((debtor, creditor, amount), GOOD, strict=True)]
    with pytest.raises(InputError, match=message):
        set_off(tuple(given))


@pytest.mark.parametrize("given", ["abc", 5, None, ([1], [2]), pl.LazyFrame({"debtor": [1]}), (1, 2, 3)])
def test_what_holds_no_obligations_is_refused(given):
    with pytest.raises(InputError, match="expected"):
        set_off(given)


def test_a_frame_without_the_columns_says_which_are_absent():
    with pytest.raises(InputError, match="no column creditor, amount; the columns are debtor, sum"):
        set_off(pl.DataFrame({"debtor": [1], "sum": [2]}))


def test_columns_of_different_length_do_not_belong_together():
    with pytest.raises(ShapeError):
        set_off(([1, 2], [2, 1], [5]))
    with pytest.raises(ShapeError):
        set_off(GOOD, age=[1])


def test_too_many_obligations_are_refused(monkeypatch):
    monkeypatch.setattr(obligations, "MAX_OBLIGATIONS", 3)
    with pytest.raises(InputError, match="at most 3"):
        set_off(RING)


def test_a_solver_without_an_optimum_and_too_many_phases_are_not_silent(monkeypatch):
    class Refusing:
        OPTIMAL = "OPTIMAL"

        def add_arcs_with_capacity(self, *arcs):
            pass

        def solve(self, source, sink):
            return "POSSIBLE_OVERFLOW"

    network = ([1, 2, 1, 3, 2], [2, 1, 3, 2, 3], [5, 3, 4, 9, 2])
    monkeypatch.setattr(circulation, "_max_flow", Refusing)
    with pytest.raises(ConvergenceError, match="POSSIBLE_OVERFLOW"):
        set_off(network)
    monkeypatch.undo()
    monkeypatch.setattr(circulation, "MAX_PHASES", 1)
    with pytest.raises(ConvergenceError, match="more than 1 phases"):
        set_off(network)


@pytest.mark.parametrize("module", ["ortools.graph.python", "scipy.sparse"])
def test_an_absent_solver_is_named_with_its_remedy(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError, match=f"pip install {module.split('.')[0]}"):
        set_off(RING)


def test_the_solver_is_on_record():
    assert set_off(RING).solver.startswith("ortools ")


def test_verify_names_what_is_wrong_with_a_set_off():
    result = set_off(RING)

    def names(values):
        return [check.name for check in check_certificate(RING, np.array(values), result.certificate)]

    assert names([100, 100, 100, 0]) == []
    assert names([0, 0, 0, 0]) == ["optimality"]
    assert names([100, 100, 99, 0]) == ["net-position"]
    assert names([101, 101, 101, 0]) == ["set-off-bounds"]
    assert names([-1, -1, -1, 0]) == ["set-off-bounds"]
    assert names([100, 100, 100]) == ["set-off-shape"]
    assert names([100.0, 100.0, 100.0, 0.0]) == ["set-off-shape"]


def test_verify_applies_both_conditions_of_optimality_to_the_unit():
    pair = ([1, 2], [2, 1], [5, 5])
    level, steep = (Certificate(np.array([1, 2]), np.array(p)) for p in ([0, 0], [0, 2]))
    full, nothing = np.array([5, 5]), np.array([0, 0])
    assert check_certificate(pair, full, level) == ()
    assert [check.name for check in check_certificate(pair, nothing, level)] == ["optimality"]
    # The set-off is the largest, but these potentials do not prove it: they bound it by 15 only.
    assert [check.name for check in check_certificate(pair, full, steep)] == ["optimality"]
    assert steep.bound(pair) == 15


def test_verify_refuses_a_certificate_of_other_firms_or_with_other_potentials():
    result = set_off(RING)
    other = replace(result.certificate, firms=np.array([10, 20, 30, 50]))
    assert check_certificate(RING, result.set_off, other)[0].name == "certificate-firms"
    flat = Certificate(result.certificate.firms, np.array([0, 0, 9, 0]))
    assert [check.name for check in check_certificate(RING, result.set_off, flat)] == ["optimality"]
    with pytest.raises(InputError, match="potentials"):
        Certificate(result.certificate.firms, np.array([-(2**63), 0, 0, 2**62]))


def test_verify_against_changed_obligations_fails():
    result = set_off(RING)
    assert result.verify((*RING[:2], [100, 100, 200, 101])) == ()  # outside the cycle: still the largest
    assert [c.name for c in result.verify((*RING[:2], [150, 150, 200, 100]))] == ["optimality"]
    assert [c.name for c in result.verify((*RING[:2], [90, 100, 200, 100]))] == ["set-off-bounds"]


def test_bilateral_netting_by_pair():
    table = bilateral((["b", "a", "b", "c"], ["a", "b", "a", "a"], [70, 50, 10, 4]))
    assert list(table.first) == ["a", "a"]
    assert list(table.second) == ["b", "c"]
    assert table.net.tolist() == [-30, -4]
    assert table.set_off.tolist() == [100, 0]
    assert table.table.column("second_owes") == [80, 4]


def test_netting_bound_of_one_sided_trade():
    assert netting_bound(83.5, 218.5) == pytest.approx(0.553, abs=5e-4)  # Kazakhstan and Iran, 2023
    assert netting_bound(7, 7) == 1
    assert netting_bound(0, 7) == 0
    assert math.isnan(netting_bound(0, 0))
    for x, m in ((-1, 2), (1, math.inf), (math.nan, 1)):
        with pytest.raises(InputError, match="expected two flows"):
            netting_bound(x, m)


def test_netting_bound_is_reached_by_two_parties():
    result = set_off((["kz", "ir"], ["ir", "kz"], [835, 2185]))
    assert result.cleared_share == pytest.approx(netting_bound(83.5, 218.5))
    assert result.compensable == result.cleared


def test_layers_rise_along_every_arc_however_components_are_numbered():
    tail, head = np.array([0, 1, 1, 2, 4]), np.array([1, 2, 3, 3, 2])
    for seed in range(20):
        component = np.random.default_rng(seed).permutation(5)
        layer = circulation.layers(component, tail, head)
        assert (layer[component[tail]] < layer[component[head]]).all()
