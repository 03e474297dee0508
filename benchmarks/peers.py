"""A peer framework doing the rows of rows.ts, long-lived: JSON lines in, JSON lines out.

Usage: peers.py torch THREADS [plain] | peers.py keras [xla | plain]. First line out: versions. Then one answer per request:
{"op": "build", "row": {...}} -> {"setting"}; {"op": "run", "turns": n} -> {"ms"}; {"op": "free"} -> {"peak", "before"} (MiB).
Batches stand ready as tensors of the framework and are not shuffled; where there are several honest ways to do the same work, a
short trial takes the fastest, and its name is the setting; PyTorch counts numbers below full precision as 0. `plain`: nothing of that, but
the way of the framework's own first example.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
import time

import numpy as np


def status(key):
    """A figure of this process in MiB; 0 where the system does not tell."""
    try:
        with open("/proc/self/status") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(key))
    except (OSError, StopIteration):
        return 0


def forget_peak():
    """The peak from here on, without what was freed."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (OSError, AttributeError, TypeError):
        pass
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def onednn(program):
    """The instruction set oneDNN says it takes, asked of a process of its own, since it tells at the first product, and then everything."""
    env = {**os.environ, "ONEDNN_VERBOSE": "1"}
    said = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False).stdout
    return next((line.split("isa:")[1] for line in said.splitlines() if "isa:" in line), "not told")


def data(row):
    """Inputs (N, T, F) or ids (N, T), and targets (N, 1) or labels (N)."""
    draw = np.random.default_rng(7)
    n, t, f, classes = row["windows"], row["context"], row["features"], row["classes"]
    if row["activation"] == "relu":  # the counting program
        x = np.arange(n, dtype=np.float32).reshape(n, 1, 1)
        return x, x.reshape(n, 1) + 1
    if classes is None:
        return draw.normal(size=(n, t, f)).astype(np.float32), draw.normal(size=(n, 1)).astype(np.float32)
    ids = draw.integers(0, classes, (n, t))
    labels = draw.integers(0, classes, n)
    if row["embedding"] is None:
        return np.eye(classes, dtype=np.float32)[ids], labels
    return ids, labels


def batches(row, *arrays):
    size = row["batch"]
    return [tuple(a[i : i + size] for a in arrays) for i in range(0, row["windows"], size)]


class Torch:
    def __init__(self, threads, tuned):
        import torch

        self.torch = torch
        torch.set_num_threads(threads)
        if tuned:  # gradients fade over many steps, and some processors take a hundred times as long for what is left of them
            torch.set_flush_denormal(True)
        self.about = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        self.about["ATen"] = torch.backends.cpu.get_cpu_capability()
        self.about["oneDNN"] = onednn("import torch\nwith torch.inference_mode(): torch.nn.LSTM(8, 8)(torch.zeros(2, 2, 8))")

    def ways(self, row):
        """(name, a function that does one turn), to be built one at a time."""
        if row["kind"] == "predict":
            return [("inference_mode", lambda: self.predicting(row))]
        return [(f"Adam({name})", lambda options=options: self.training(row, options))
                for name, options in (("", {}), ("fused", {"fused": True}))]

    def model(self, row):
        torch, nn = self.torch, self.torch.nn
        units = row["units"]

        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                ids = row["embedding"] is not None
                self.words = nn.Embedding(row["classes"], row["embedding"]) if ids else None
                width = row["embedding"] or row["classes"] or row["features"]
                kind = nn.GRU if row["cell"] == "gru" else nn.LSTM
                self.layers = kind(width, units[0], len(units), batch_first=True)
                self.head = nn.Linear(units[-1], row["classes"] or 1)

            def forward(self, x):
                if self.words is not None:
                    x = self.words(x)
                return self.head(self.layers(x)[0][:, -1])

        torch.manual_seed(7)
        return Model()

    def training(self, row, options):
        torch = self.torch
        model = self.model(row)
        optimizer = torch.optim.Adam(model.parameters(), eps=1e-7, **options)
        loss = torch.nn.MSELoss() if row["classes"] is None else torch.nn.CrossEntropyLoss()
        parts = batches(row, *(torch.from_numpy(a) for a in data(row)))

        def turn():
            for _ in range(row["epochs"]):
                for x, y in parts:
                    optimizer.zero_grad()
                    loss(model(x), y).backward()
                    optimizer.step()

        return turn

    def predicting(self, row):
        torch = self.torch
        model = self.model(row).eval()
        parts = batches(row, torch.from_numpy(data(row)[0]))

        def turn():
            with torch.inference_mode():
                return [model(x) for (x,) in parts]

        return turn


class Keras:
    def __init__(self, xla):
        self.xla = xla
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        import keras
        import tensorflow as tf

        self.keras, self.tf = keras, tf
        self.about = {"keras": keras.__version__, "tensorflow": tf.__version__, "threads": "as it chooses"}
        self.about["oneDNN"] = onednn("import tensorflow as tf\ntf.matmul(tf.ones((64, 64)), tf.ones((64, 64)))")
        if "XLA_FLAGS" in os.environ:
            self.about["XLA"] = os.environ["XLA_FLAGS"]

    def ways(self, row):
        if row["kind"] == "predict":
            return [("predict in a tf.function", lambda: self.predicting(row))]
        ways = [("train_on_batch", lambda: self.training(row, None)), ("tf.function", lambda: self.training(row, False))]
        return ways + [("tf.function, XLA", lambda: self.training(row, True))] * self.xla

    def model(self, row):
        keras, units = self.keras, row["units"]
        keras.backend.clear_session()
        keras.utils.set_random_seed(7)
        layers = [keras.layers.Embedding(row["classes"], row["embedding"])] if row["embedding"] is not None else []
        kind = keras.layers.GRU if row["cell"] == "gru" else keras.layers.LSTM
        for i, width in enumerate(units):
            layers.append(kind(width, activation=row["activation"], return_sequences=i + 1 < len(units)))
        layers.append(keras.layers.Dense(row["classes"] or 1))
        return keras.Sequential(layers)

    def training(self, row, xla):
        keras, tf = self.keras, self.tf
        model = self.model(row)
        optimizer = keras.optimizers.Adam(1e-3)
        loss = keras.losses.MeanSquaredError()
        if row["classes"] is not None:
            loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        parts = batches(row, *(tf.constant(a) for a in data(row)))
        if xla is not None:
            model(parts[0][0])
            optimizer.build(model.trainable_variables)

            @tf.function(jit_compile=xla)
            def step(x, y):
                with tf.GradientTape() as tape:
                    value = loss(y, model(x, training=True))
                gradients = tape.gradient(value, model.trainable_variables)
                optimizer.apply(gradients, model.trainable_variables)

        else:
            model.compile(optimizer, loss)
            step = model.train_on_batch

        def turn():
            for _ in range(row["epochs"]):
                for x, y in parts:
                    step(x, y)

        return turn

    def predicting(self, row):
        tf = self.tf
        model = self.model(row)
        parts = batches(row, tf.constant(data(row)[0]))
        call = tf.function(lambda x: model(x, training=False))

        def turn():
            return [call(x).numpy() for (x,) in parts]

        return turn


def timed(turn, turns):
    start = time.perf_counter()
    for _ in range(turns):
        turn()
    return (time.perf_counter() - start) * 1000


def plain(ways):
    """The first way, where there is a choice."""
    if len(ways) == 1:
        raise ValueError("there is one way of it")
    name, build = ways[0]
    return name, build()


def fastest(ways, enough=250):
    """Each way warmed up, then tried a few times for some milliseconds; the fastest stays."""
    best = None
    for name, build in ways:
        turn = build()
        once = timed(turn, 1)  # compiles
        if len(ways) == 1 and once > enough:
            return name, turn
        tries = [timed(turn, 1)]
        while len(tries) < 5 and sum(tries) < enough:
            tries.append(timed(turn, 1))
        if best is None or min(tries) < best[0]:
            best = (min(tries), name, turn)
    return best[1], best[2]


def main():
    peer = Torch(int(sys.argv[2]), "plain" not in sys.argv) if sys.argv[1] == "torch" else Keras("xla" in sys.argv)
    choose = plain if "plain" in sys.argv else fastest
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what frameworks print does not disturb the answers

    def answer(value):
        out.write(json.dumps(value) + "\n")
        out.flush()

    answer({"ok": True, "about": peer.about})
    turn, before = None, 0
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["op"] == "build":
                forget_peak()
                before = status("VmRSS")
                setting, turn = choose(peer.ways(request["row"]))
                forget_peak()
                answer({"ok": True, "setting": setting})
            elif request["op"] == "run":
                answer({"ok": True, "ms": timed(turn, request["turns"])})
            elif request["op"] == "free":
                answer({"ok": True, "peak": status("VmHWM"), "before": before})
                turn = None
                gc.collect()
            else:
                break
        except Exception as error:  # noqa: BLE001: whatever a framework throws is the row's reason
            answer({"ok": False, "why": f"{type(error).__name__}: {error}"[:300]})


main()
