"""How much likelier counts are under one rate than under another."""

from __future__ import annotations

import math


def log_likelihood_ratio(events: float, attempts: float, rate: float) -> float:
    """n · KL(x/n ‖ q) in nats: of x events of n attempts, at their own rate against `rate`, which
    lies between 0 and 1; 0 where their own is no higher (Kullback & Leibler, Annals of Mathematical
    Statistics 22, 1951)."""
    own = events / attempts if attempts else 0.0
    if own <= rate:
        return 0.0
    nats = events * math.log(own / rate)
    if events < attempts:
        nats += (attempts - events) * math.log((1 - own) / (1 - rate))
    return nats
