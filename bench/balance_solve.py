"""How long 10,000 streams between 5,000 nodes take, and whether a general solver finds the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from didymium.balance.graph import forest
from didymium.balance.hypotheses import biases, leaks
from didymium.balance.network import ENVIRONMENT, Flags, Floats, Network
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import Reduction, reduce_network
from didymium.balance.suspicion import global_test, likelihood_ratio, measurement_test, nodal_test

STREAMS: Final = 10_000
NODES: Final = 5_000
SEED: Final = 20_261_128
OUTSIDE: Final = 0.06
"""Share of streams that come from outside or go there."""
UNMEASURED: Final = 0.1
REPEATS: Final = 7
COMPARED: Final = 60
"""Streams whose standard deviations are compared: the general solver takes two solutions for each."""
LIMIT_S: Final = 2.0
SAME: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Task:
    """A network with meters at some streams, readings and standard deviations."""

    network: Network
    measured: Flags
    reading: Floats
    sigma: Floats


def solve_figures() -> dict[str, object]:
    """Times of our way and of the general solver, and the largest relative differences of what they find.

    ``solve_10000_s``: everything from the streams to the tests of a plant whose streams join places near each other;
    ``again_10000_s``: the same of new readings of a network that is known; ``tangled_10000_s``: from the streams on,
    where streams join any two nodes, which no plant does. ``peer_10000_s``: flows alone of the plant's network, by
    SuperLU (scipy) on the Karush-Kuhn-Tucker equations.
    """
    plant, tangled = _task(near=True), _task(near=False)
    found = _all_of(plant)
    reduction = found.reduction
    peer_s, flow, spread = _peer(plant)
    some = np.linspace(0, STREAMS - 1, COMPARED).astype(np.int64)
    figures: dict[str, object] = {
        "solve_10000_s": _median_s(lambda: _all_of(plant)),
        "again_10000_s": _median_s(lambda: _tested(reduction, plant)),
        "tangled_10000_s": _median_s(lambda: _all_of(tangled)),
        "peer_10000_s": round(peer_s, 3),
        "degrees": reduction.degrees,
        "flow_difference": _difference(found.value, flow),
        "sigma_difference": _difference(found.sigma[some], np.array([spread(each) for each in some])),
    }
    tangled_flow = _peer(tangled)[1]
    figures["tangled_flow_difference"] = _difference(_all_of(tangled).value, tangled_flow)
    return figures


def solved_well(figures: dict[str, object]) -> bool:
    """Whether the plant's network took at most two seconds and the general solver found the same flows of both."""
    apart = [float(str(figures[name])) for name in ("flow_difference", "tangled_flow_difference", "sigma_difference")]
    return float(str(figures["solve_10000_s"])) <= LIMIT_S and max(apart) <= SAME


def _task(near: bool) -> Task:
    """Ten in a hundred streams have no meter; all of them follow from others, so that there is one right answer."""
    random = np.random.default_rng(SEED)
    source = np.concatenate([np.arange(NODES), random.integers(0, NODES, STREAMS - NODES)])
    far = random.integers(1, 6, STREAMS) * random.choice([-1, 1], STREAMS)
    target = source + far if near else random.integers(0, NODES, STREAMS)
    outside = (random.random(STREAMS) < OUTSIDE) | (target == source) | (target < 0) | (target >= NODES)
    network = Network(source, np.where(outside, ENVIRONMENT, target), NODES)
    ends = np.where(outside, NODES, network.target)
    ways = forest(network.source, ends, NODES + 1, NODES).edge
    ways = ways[ways >= 0]
    measured = np.ones(STREAMS, np.bool_)
    measured[random.choice(ways, round(UNMEASURED * STREAMS), replace=False)] = False
    everywhere = reduce_network(network, np.ones(STREAMS, np.bool_))
    true = reconcile(everywhere, random.uniform(1.0, 200.0, STREAMS), np.ones(STREAMS)).value
    sigma = np.maximum(0.01 * abs(true), 0.05)
    return Task(network, measured, true + random.normal(0.0, sigma), sigma)


def _all_of(task: Task) -> Reconciled:
    return _tested(reduce_network(task.network, task.measured), task)


def _tested(reduction: Reduction, task: Task) -> Reconciled:
    """Reconciled, with every test and the likelihood of a bias of each meter and a leak of each node."""
    found = reconcile(reduction, task.reading, task.sigma)
    global_test(found, 0.05)
    measurement_test(found, 0.05)
    nodal_test(found.imbalance, found.imbalance_sigma, 0.05)
    likelihood_ratio(found, biases(reduction).signatures)
    likelihood_ratio(found, leaks(reduction).signatures)
    return found


def _peer(task: Task) -> tuple[float, Floats, Callable[[int], float]]:
    """Seconds, flows, and the standard deviation of one flow, from the equations as they stand in textbooks."""
    began_s = time.perf_counter()
    matrix = task.network.balances().matrix
    weight = np.where(task.measured, task.sigma**-2.0, 0.0)
    whole = sp.block_array([[sp.diags_array(weight), matrix.T], [matrix, None]], format="csc")
    solver = spl.splu(whole)
    flow = solver.solve(np.concatenate([weight * np.where(task.measured, task.reading, 0.0), np.zeros(NODES)]))[
        :STREAMS
    ]
    taken_s = time.perf_counter() - began_s

    def spread(stream: int) -> float:
        """The covariance of the flows is the first block of the inverse of the equations."""
        unit = np.zeros(STREAMS + NODES)
        unit[stream] = 1.0
        return float(solver.solve(unit)[stream] ** 0.5)

    return taken_s, flow, spread


def _difference(ours: Floats, theirs: Floats) -> float:
    """The largest difference, as a share of the flow or of the median flow, whichever is larger."""
    return float(f"{(abs(ours - theirs) / np.maximum(abs(theirs), np.median(abs(theirs)))).max():.2e}")


def _median_s(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        began_s = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began_s)
    return round(statistics.median(taken), 4)
