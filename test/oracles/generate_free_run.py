"""Numbers of networks that run free, from PyTorch in float64: outputs, losses, gradients. Writes free-run.json beside itself."""
import json
import math
import os

import torch

torch.set_default_dtype(torch.float64)
T, OWN, U, C, K = 5, 3, 3, 1, 2
SERIES = [3 + 0.4 * i + math.sin(i * 1.1) for i in range(24)]
FUTURE = [[math.cos(0.5 * i) for i in range(30)], [1.0 if i % 3 == 0 else 0.0 for i in range(30)]]
CUTOFFS = [9, 14]


def weights(lags, affine):
    made, n = {}, 0

    def fill(name, shape):
        nonlocal n
        size = math.prod(shape)
        made[name] = torch.tensor([0.5 * math.sin(1.7 * (n + i)) for i in range(size)]).reshape(shape).requires_grad_()
        n += size

    features = C * len(lags) + K
    fill("lstm/kernel", (features, 4 * U))
    fill("lstm/recurrent_kernel", (U, 4 * U))
    fill("lstm/bias", (4 * U,))
    fill("dense/kernel", (U, C))
    fill("dense/bias", (C,))
    fill("skip/kernel", (features, C))
    if affine:
        made["normalise/gamma"] = torch.tensor([1.3]).requires_grad_()
        made["normalise/beta"] = torch.tensor([0.2]).requires_grad_()
    return made


def run(case):
    lags, warmup, affine = case["lags"], case["warmup"], case["affine"]
    w = weights(lags, affine)
    gamma = w.get("normalise/gamma", torch.ones(1))[0]
    beta = w.get("normalise/beta", torch.zeros(1))[0]
    losses, outputs = [], []
    for cutoff in CUTOFFS:
        start = cutoff - T
        context = SERIES[start:cutoff]
        level = sum(context[-4:]) / 4 if case["base"] == "mean" else context[-1]
        mean = sum(context) / T
        if case["scale"] == "deviation":
            scale = max(sum(abs(x - mean) for x in context) / T, 1e-3 * sum(abs(x) for x in context) / T)
        else:
            scale = math.sqrt(sum((x - mean) ** 2 for x in context) / T + 1e-5)

        def base(position):  # of a target at a position, for the step before it
            if case["base"] == "mean":
                return level
            known = min(position, cutoff)
            while position >= known:
                position -= 4
            return SERIES[position]

        own = {}  # position -> input of that value
        h, c = torch.zeros(U), torch.zeros(U)
        for step in range(T + OWN):
            position = start + step + 1  # of the value this step forecasts
            row = []
            for lag in lags:
                q = position - lag
                row.append(torch.tensor((SERIES[q] - level) / scale) if q < cutoff else own[q])
            x = torch.stack([gamma * v + beta for v in row] + [torch.tensor(f[position]) for f in FUTURE])
            z = x @ w["lstm/kernel"] + h @ w["lstm/recurrent_kernel"] + w["lstm/bias"]
            i, f, g, o = torch.sigmoid(z[:U]), torch.sigmoid(z[U : 2 * U]), torch.tanh(z[2 * U : 3 * U]), torch.sigmoid(z[3 * U :])
            c = f * c + i * g
            h = o * torch.tanh(c)
            out = (h @ w["dense/kernel"] + w["dense/bias"] + x @ w["skip/kernel"] - beta) / gamma
            b = base(position)
            if position >= cutoff:
                own[position] = out[0] + (b - level) / scale
                outputs.append(b + scale * out[0].item())
            if step >= warmup:
                losses.append((out[0] - (SERIES[position] - b) / scale) ** 2)
    loss = torch.stack(losses).mean()
    loss.backward()
    return {
        **case,
        "weights": {k: {"shape": list(v.shape), "data": v.detach().flatten().tolist()} for k, v in w.items()},
        "outputs": outputs,
        "loss": loss.item(),
        "gradients": {k: v.grad.flatten().tolist() for k, v in w.items()},
    }


cases = [
    {"base": "mean", "scale": "deviation", "affine": False, "lags": [1, 3], "warmup": 2},
    {"base": "season", "scale": "standard", "affine": True, "lags": [1, 2, 4], "warmup": 0},
]
out = {
    "context": T,
    "own": OWN,
    "units": U,
    "series": SERIES,
    "future": FUTURE,
    "cutoffs": CUTOFFS,
    "cases": [run(case) for case in cases],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "free-run.json"), "w") as file:
    json.dump(out, file, indent=1)
    file.write("\n")
