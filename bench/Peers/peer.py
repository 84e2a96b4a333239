#!/usr/bin/python3
"""One PyTorch process that is told what to time: a line in, a line out.

    peer.py usual|tuned MODELS [THREADS]

usual: as most scripts run; the defaults of the installation, and no gradients while sampling. tuned: threads for the
cores or one, whichever is quicker, so with the memory layout, foreach optimizers; its environment names the OpenBLAS kernels of
the processor, and keeps OpenBLAS from a second pool of threads. THREADS, if given, is the number of threads of both.
"""
import base64
import json
import os
import pathlib
import resource
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import torch
import torch.nn.functional as F

from network import UNet, flops
from sampling import alpha_bars, ddim
from training import Training

LAYOUTS = {"contiguous": torch.contiguous_format, "channels-last": torch.channels_last}


def newest(models, name):
    return max((pathlib.Path(models) / name).glob("v*/manifest.json")).parent


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    weights = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32", name
        weights[name] = torch.frombuffer(bytearray(data[8 + length + begin:8 + length + end]), dtype=torch.float32).reshape(entry["shape"])
    return weights


class Model:
    def __init__(self, models, name, layout="contiguous"):
        folder = newest(models, name)
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.config = self.manifest["network"]
        self.bars = alpha_bars(self.manifest["schedule"]["steps"])
        self.network = UNet(self.config)
        self.network.load_state_dict(read_safetensors(folder / "model.safetensors"))
        self.network.eval()
        self.network.to(memory_format=LAYOUTS[layout])

    def inputs(self, batch):
        """The same numbers on both sides: the product makes them by the same formula."""
        c, size = self.config["channels"], self.config["imageSize"]
        x = torch.sin(torch.arange(batch * c * size * size, dtype=torch.float64) * 0.37).float().reshape(batch, c, size, size)
        return x, torch.arange(batch) * 7 % 1000, torch.arange(batch) % 10


class Peer:
    def __init__(self, style, models, threads):
        self.style, self.folder, self.threads = style, models, threads
        self.models, self.chosen, self.styles = {}, {}, None

    def model(self, name, layout="contiguous"):
        if (name, layout) not in self.models:
            self.models[name, layout] = Model(self.folder, name, layout)
        return self.models[name, layout]

    def quickest(self, key, work):
        """tuned users try both layouts and whether a second thread pays: the best of a short trial, once for each size."""
        if self.style == "usual":
            return "contiguous"
        if key not in self.chosen:
            trials = {}
            for _ in range(3):
                for choice in ((layout, threads) for threads in self.threads for layout in LAYOUTS):
                    torch.set_num_threads(choice[1])
                    work(choice[0])
                    begun = time.perf_counter()
                    work(choice[0])
                    trials[choice] = min(trials.get(choice, 1e9), time.perf_counter() - begun)
            self.chosen[key] = min(trials, key=trials.get)
        layout, threads = self.chosen[key]
        torch.set_num_threads(threads)
        return layout

    def forward(self, batch, layout):
        model = self.model("digits-ddpm", layout)
        x, t, labels = model.inputs(batch)
        with torch.no_grad():
            return model.network(x.contiguous(memory_format=LAYOUTS[layout]), t, labels)

    def sample(self, kind, steps, layout, x=None, memory=None):
        model = self.model({"ddim": "digits-ddpm", "dddm": "digits-dddm"}[kind], layout)
        shape = (1, model.config["channels"], model.config["imageSize"], model.config["imageSize"])
        x = torch.randn(shape) if x is None else x.reshape(shape)
        if model.config["memory"]:
            memory = torch.randn(shape) if memory is None else memory.reshape(shape)
        return ddim(model.network, x, torch.tensor([3]), steps, model.bars, memory)

    def answer(self, command, *arguments):
        return getattr(self, "do_" + command)(*arguments)

    def do_machine(self):
        return f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads, {self.style}"

    def do_forward(self, batch, repeats):
        layout = self.quickest(f"forward {batch}", lambda layout: self.forward(int(batch), layout))
        return timed(int(repeats), lambda: self.forward(int(batch), layout))

    def do_ddim(self, steps, repeats):
        layout = self.quickest("ddim", lambda layout: self.sample("ddim", 5, layout))
        return timed(int(repeats), lambda: self.sample("ddim", int(steps), layout))

    def do_dddm(self, steps, repeats):
        layout = self.quickest("dddm", lambda layout: self.sample("dddm", 5, layout))
        return timed(int(repeats), lambda: self.sample("dddm", int(steps), layout))

    def do_train(self, batch, repeats):
        if self.styles is None:
            self.styles = {layout: Training(self.model("digits-ddpm", layout), LAYOUTS[layout], int(batch), self.style == "tuned")
                           for layout in (LAYOUTS if self.style == "tuned" else ["contiguous"])}
        layout = self.quickest("train", lambda layout: self.styles[layout].step())
        self.styles = {layout: self.styles[layout]}
        return timed(int(repeats), self.styles[layout].step)

    def do_output(self, batch):
        return encode(self.forward(int(batch), "contiguous"))

    def do_picture(self, kind, steps, x, *memory):
        given = [decode(text) for text in (x, *memory)]
        return encode(self.sample(kind, int(steps), "contiguous", *given))

    def do_flops(self):
        model = self.model("digits-ddpm")
        return str(flops(model.network, model.config))

    def do_choices(self):
        return "; ".join(f"{key}: {layout}, {threads} threads" for key, (layout, threads) in self.chosen.items()) or "none tried"

    def do_memory(self):
        return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    def do_ceiling(self):
        """Rates in GFLOP/s by name, the best of many trials: what this libtorch gets out of this machine at shapes that suit it."""
        with torch.no_grad():
            return ";".join(f"{name}={rate:.1f}" for name, rate in ceiling())


def ceiling():
    for n in (1024, 2048):
        a, b = torch.randn(n, n), torch.randn(n, n)
        yield f"matmul {n}", best(2 * n ** 3, lambda: a @ b)
    for batch, channels, size in ((32, 64, 32), (32, 128, 16), (64, 256, 16), (16, 256, 32)):
        for layout, form in LAYOUTS.items():
            x = torch.randn(batch, channels, size, size).contiguous(memory_format=form)
            w = torch.randn(channels, channels, 3, 3).contiguous(memory_format=form)
            yield f"3x3 {batch}x{channels}x{size}x{size} {layout}", best(2 * x.numel() * channels * 9, lambda: F.conv2d(x, w, padding=1))


def best(count, work, seconds=0.6):
    work()
    begun, shortest = time.perf_counter(), 1e9
    while time.perf_counter() - begun < seconds or shortest == 1e9:
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return count / shortest / 1e9


def usage():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(repeats, work):
    """Milliseconds by the clock and of the processor, of one of them."""
    clock, cpu = time.perf_counter(), usage()
    for _ in range(repeats):
        work()
    return f"{(time.perf_counter() - clock) * 1e3 / repeats:.4f} {(usage() - cpu) * 1e3 / repeats:.4f}"


def encode(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()


def decode(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


def main():
    style, models, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else None
    choices = [threads] if threads else sorted({1, os.cpu_count()})
    if threads or style == "tuned":
        torch.set_num_threads(choices[-1])
    peer = Peer(style, models, choices)
    for line in sys.stdin:
        print(peer.answer(*line.split()), flush=True)


main()
