"""The flows that are left when errors that were named are allowed for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from didymium.balance.hypotheses import Hypothesis, Kind
from didymium.balance.network import ENVIRONMENT, Flags, Floats, Network
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import reduce_network


def cleared(
    network: Network, measured: Flags, reading: Floats, sigma: Floats, errors: Sequence[Hypothesis]
) -> Reconciled:
    """Reconcile again with the errors allowed for, so that they no longer bend the other flows.

    A biased meter is taken away, swapped meters stand for each other's streams, a leak and a bypass are streams without
    a meter. Those come behind the ``n`` streams of the network, in the order of ``errors``: their reconciled values are
    the estimates. Readings and standard deviations are (n,) as in ``reconcile``.
    """
    source, target = list(network.source), list(network.target)
    measured, reading, sigma = measured.copy(), reading.copy(), sigma.copy()
    for error in errors:
        if error.kind is Kind.BIAS:
            measured[error.first] = False
        elif error.kind is Kind.SWAP:
            there, back = [error.first, error.second], [error.second, error.first]
            reading[there], sigma[there] = reading[back], sigma[back]
        else:
            source.append(error.first)
            target.append(error.second if error.kind is Kind.BYPASS else ENVIRONMENT)
    more = len(source) - network.streams
    whole = Network.of(list(zip(source, target, strict=True)), network.nodes)
    return reconcile(
        reduce_network(whole, np.append(measured, np.zeros(more, np.bool_))),
        np.append(reading, np.full(more, np.nan)),
        np.append(sigma, np.full(more, np.nan)),
    )
