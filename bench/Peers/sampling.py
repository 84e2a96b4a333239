"""DDIM as an ordinary loop, for models that name v under the cosine schedule; with a memory of the last estimate it is DDDM's walk."""
import math

import torch


def alpha_bars(steps):
    """abar_0 .. abar_T of Nichol and Dhariwal 2021, eq. 17."""
    def signal(u):
        return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

    values = [1.0]
    for t in range(1, steps + 1):
        values.append(values[-1] * (1 - min(1 - signal(t / steps) / signal((t - 1) / steps), 0.999)))
    return values


@torch.no_grad()
def ddim(network, x, labels, steps, bars, memory=None):
    """eta 0, times that end at T, the estimate of the image clipped to [-1, 1]."""
    total = len(bars) - 1
    times = [round(total * i / steps) for i in range(1, steps + 1)]
    for k in reversed(range(steps)):
        t, s = times[k], times[k - 1] if k else 0
        alpha, sigma = math.sqrt(bars[t]), math.sqrt(1 - bars[t])
        v = network(x, torch.full((x.shape[0],), t - 1), labels, memory)
        clean = (alpha * x - sigma * v).clamp(-1, 1)
        if memory is not None:
            memory = clean
        noise = (x - alpha * clean) / sigma
        x = math.sqrt(bars[s]) * clean + math.sqrt(1 - bars[s]) * noise
    return x
