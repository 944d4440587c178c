"""The set-off against other solvers, published figures, and large networks."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from tarazu.clearing.netting import set_off, share

HIGHS_PROGRAMME = """
import highspy, numpy
h = highspy.Highs(); h.setOptionValue("output_flag", False)
x = h.addVariable(0, 3); h.addConstr(x <= 2); h.maximize(x)
print(round(h.getObjectiveValue()))
"""
ORTOOLS_PROGRAMME = """
from tarazu.clearing.netting import set_off
print(set_off(([1, 2], [2, 1], [5, 3])).cleared)
"""


def network(seed):
    """A random network between sparse and dense, with and without large firms."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 60)), int(rng.integers(2, 300))
    weight = np.arange(1, n + 1) ** -rng.uniform(0, 1.5)
    debtor = rng.choice(n, m, p=weight / weight.sum())
    creditor = (debtor + rng.integers(1, n, m)) % n
    return debtor, creditor, rng.integers(1, 10**6, m)


def highs_optimum(debtor, creditor, amount):
    """Largest circulation as a linear programme, one variable per obligation."""
    highspy = pytest.importorskip("highspy")
    m, n = len(amount), int(max(debtor.max(), creditor.max())) + 1
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = m, n
    programme.sense_ = highspy.ObjSense.kMaximize
    programme.col_cost_ = np.ones(m)
    programme.col_lower_, programme.col_upper_ = np.zeros(m), amount.astype(float)
    programme.row_lower_ = programme.row_upper_ = np.zeros(n)
    programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    programme.a_matrix_.start_ = np.arange(0, 2 * m + 1, 2, dtype=np.int32)
    programme.a_matrix_.index_ = np.column_stack((debtor, creditor)).ravel().astype(np.int32)
    programme.a_matrix_.value_ = np.tile([1.0, -1.0], m)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.passModel(programme)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return solver.getObjectiveValue()


def cost_scaling_optimum(debtor, creditor, amount):
    """The same by the cost-scaling min-cost flow of OR-tools, which shares no code path with ours."""
    from ortools.graph.python import min_cost_flow

    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(debtor, creditor, amount, np.full(len(amount), -1))
    firms = np.arange(max(debtor.max(), creditor.max()) + 1)
    solver.set_nodes_supplies(firms, np.zeros_like(firms))
    assert solver.solve() == solver.OPTIMAL
    return -solver.optimal_cost()


def test_optimum_equals_a_linear_programme_on_random_networks():
    for seed in range(200):
        given = network(seed)
        assert set_off(given).cleared == pytest.approx(highs_optimum(*given), abs=0.5), seed


def test_optimum_equals_cost_scaling_on_random_networks():
    for seed in range(200, 800):
        given = network(seed)
        assert set_off(given).cleared == cost_scaling_optimum(*given), seed


@pytest.mark.parametrize("seed", range(20))
def test_unique_pairs_keep_their_amount_in_the_optimum_that_values_them_least_and_most(seed):
    """Costs are tilted by less than a unit in all, so that another of the largest set-offs is chosen."""
    from ortools.graph.python import min_cost_flow

    debtor, creditor, amount = network(seed)
    ours = set_off((debtor, creditor, amount))
    pairs, inverse = np.unique(debtor * 1000 + creditor, return_inverse=True)
    owed, cleared = np.bincount(inverse, amount).astype(int), np.bincount(inverse, ours.set_off).astype(int)
    unique = np.zeros(len(pairs), bool)
    unique[inverse] = ours.unique
    rng = np.random.default_rng(seed)
    changed = np.zeros(len(pairs), bool)
    for _ in range(10):
        solver = min_cost_flow.SimpleMinCostFlow()
        cost = -100_000 + rng.integers(
            -500, 501, len(pairs)
        )  # at most 60 arcs in a cycle: 60 * 500 < 100,000
        solver.add_arcs_with_capacity_and_unit_cost(pairs // 1000, pairs % 1000, owed, cost)
        solver.set_nodes_supplies(np.arange(60), np.zeros(60, int))
        assert solver.solve() == solver.OPTIMAL
        flow = solver.flows(np.arange(len(pairs)))
        assert flow.sum() == ours.cleared
        changed |= flow != cleared
    assert not changed[unique].any()


@pytest.mark.parametrize(
    "programmes", [(HIGHS_PROGRAMME, ORTOOLS_PROGRAMME), (ORTOOLS_PROGRAMME, HIGHS_PROGRAMME)]
)
def test_highs_and_ortools_work_in_one_process_in_either_order(programmes):
    pytest.importorskip("highspy")
    done = subprocess.run([sys.executable, "-c", "".join(programmes)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == (["2", "6"] if programmes[0] is HIGHS_PROGRAMME else ["6", "2"])


def test_shares_of_the_first_run_in_republika_srpska():
    # Banja Luka Stock Exchange, 11 November 2015: reported, compensable given claims, cleared, in BAM.
    reported, compensable, cleared = 1_008_656_364, 389_200_686, 164_261_603
    assert share(cleared, reported) == pytest.approx(0.16285, abs=5e-6)
    assert share(cleared, compensable) == pytest.approx(0.42205, abs=5e-6)


def test_the_example_of_the_banja_luka_stock_exchange():
    # A owes B 2,300, B owes C 2,500, C owes D 2,000, D owes E 3,000, E owes A 1,000: 1,000 each, 5,000 in all.
    result = set_off((list("ABCDE"), list("BCDEA"), [2300, 2500, 2000, 3000, 1000]))
    assert result.set_off.tolist() == [1000] * 5
    assert result.residual.tolist() == [1300, 1500, 1000, 2000, 0]


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    ("file", "rows", "cleared"),
    [
        ("synthethic_network_01.csv", 100_471, 535_494_678),
        ("synthethic_network_02.csv", 179_586, 1_809_489_714),
    ],
)
def test_synthetic_networks_reach_the_optimum_of_the_cost_scaling_solver(shared_data, file, rows, cleared):
    frame = pl.read_csv(shared_data / "netting" / file)
    assert len(frame) == rows
    result = set_off(frame)
    assert result.cleared == cleared == cost_scaling_optimum(*(frame[c].to_numpy() for c in frame.columns))
    assert result.verify(frame) == ()
    assert result.certificate.bound(frame) == cleared
    shuffled = frame.with_row_index("row").sample(fraction=1, shuffle=True, seed=1)
    again = set_off(shuffled.with_columns(pl.col("debtor", "creditor").cast(pl.String)))
    assert np.array_equal(again.set_off, result.set_off[shuffled["row"].to_numpy()])
