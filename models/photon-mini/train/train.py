"""Trains photon-mini. `python train.py --data DATA --wordnet DICT --out RUN` goes on where RUN/last.pt stopped."""

from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

import tiles
from augment import attributes_of, frame, light_and_colour, to_float
from captions import LENGTH, CaptionWriter, Vocabulary
from concepts import TRUE, UNKNOWN, Concepts, build
from evaluate import accuracies
from towers import EDGE, PhotonMini, normalise_pixels

SEED = 20261120
#: Pictures of each set in a batch.
BATCH = {"objects": 176, "scenes": 24, "weather": 8, "small": 40, "painted": 8}
#: Scenes that things of a batch are put in front of.
BACKGROUNDS = 20
CAPTIONS = 224
#: Of the sigmoid loss beside the softmax over class names.
CAPTION_WEIGHT = 0.4
SMOOTHING = 0.05
#: (edge, steps, learning rate at the end as a share of the peak): small pictures first (progressive resizing, Tan and Le 2021).
PHASES = [(32, 6350, 1.0), (48, 2600, 0.6), (64, 4950, 0.0)]
WARM_UP = 300
PEAK = {"image": 0.03, "text": 1e-3}
MOMENTUM = 0.95
DECAY = {"image": 0.02, "text": 1e-4}
AVERAGING = 0.998
SAVE_EVERY = 250


class Muon(torch.optim.Optimizer):
    """Momentum, made orthogonal by Newton-Schulz steps (Jordan et al. 2024); for convolutions and matrices."""

    def __init__(self, parameters, lr: float, momentum: float, decay: float) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                average = state.setdefault("average", torch.zeros_like(parameter))
                average.lerp_(parameter.grad, 1 - group["momentum"])
                update = parameter.grad.lerp(average, group["momentum"]).reshape(len(parameter), -1)
                update = _orthogonal(update) * max(1.0, update.shape[0] / update.shape[1]) ** 0.5
                parameter.mul_(1 - group["lr"] * group["decay"])
                parameter.add_(update.view_as(parameter), alpha=-group["lr"])


def _orthogonal(matrix: Tensor, steps: int = 4) -> Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / (matrix.norm() + 1e-7)
    flipped = x.shape[0] > x.shape[1]
    x = x.T if flipped else x
    for _ in range(steps):
        product = x @ x.T
        x = a * x + (b * product + c * product @ product) @ x
    return x.T if flipped else x


class Batches:
    """Endless mixed batches; each set is gone through in its own shuffled order."""

    def __init__(self, sets: dict[str, tiles.Tiles], seed: int) -> None:
        self.sets = {name: (torch.from_numpy(held.pixels), torch.from_numpy(held.labels)) for name, held in sets.items()}
        self.random = np.random.default_rng(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.orders: dict[str, list[int]] = {name: [] for name in sets}

    def next(self, edge: int) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels in 0..1 at `edge`, labels, and whether each is a scene rather than a thing."""
        pictures, labels, scenes = [], [], []
        for name, count in BATCH.items():
            if name not in self.sets:
                continue
            taken, own = self._take(name, count)
            plain = to_float(taken, min(EDGE, taken.shape[1]))
            backgrounds = to_float(self._take("scenes", BACKGROUNDS)[0], edge) if name == "objects" else None
            pictures.append(frame(plain, edge, self.generator, backgrounds))
            labels.append(own)
            scenes += [name in ("scenes", "weather")] * count
        pixels = light_and_colour(torch.cat(pictures), self.generator)
        return pixels, torch.cat(labels), torch.tensor(scenes)

    def _take(self, name: str, count: int) -> tuple[Tensor, Tensor]:
        pixels, labels = self.sets[name]
        order = self.orders[name]
        while len(order) < count:
            order += self.random.permutation(len(labels)).tolist()
        chosen, self.orders[name] = order[:count], order[count:]
        return pixels[chosen], labels[chosen]


def loss_of(model: PhotonMini, writer: CaptionWriter, vocabulary: Vocabulary, concepts: Concepts, batch) -> Tensor:
    pixels, labels, is_scene = batch
    attributes = attributes_of(pixels, is_scene)
    captions = writer.captions(labels.tolist(), attributes, CAPTIONS)
    names = writer.class_names()
    ids = vocabulary.encode(names + [caption.text for caption in captions], crop=True)
    texts = F.normalize(model.text(ids), dim=-1)
    images = F.normalize(model.image(normalise_pixels(pixels)), dim=-1)
    cosines = images @ texts.T
    return (
        _softmax_loss(model, cosines[:, : len(names)], labels, writer)
        + CAPTION_WEIGHT * _sigmoid_loss(model, cosines[:, len(names) :], writer.truths(captions, labels, attributes))
    )  # fmt: skip


def _softmax_loss(model: PhotonMini, cosines: Tensor, labels: Tensor, writer: CaptionWriter) -> Tensor:
    """Over the names of all classes; names of other sets that are or may be true besides the label's own are left out."""
    logits = cosines * model.class_scale.exp()
    allowed = writer.is_rival[:, labels].T
    logits = logits.masked_fill(~allowed, -1e4)
    log_chances = logits.log_softmax(-1)
    own = log_chances[torch.arange(len(labels)), labels]
    others = (log_chances * allowed).sum(1) / allowed.sum(1)
    return -((1 - SMOOTHING) * own + SMOOTHING * others).mean()


def _sigmoid_loss(model: PhotonMini, cosines: Tensor, truth: Tensor) -> Tensor:
    """Per picture and caption that is known to be true or false (SigLIP); a fifth of the weight is on true ones."""
    logits = cosines * model.scale.exp() + model.bias
    losses = F.binary_cross_entropy_with_logits(logits, (truth == TRUE).float(), reduction="none")
    known = truth != UNKNOWN
    return (losses * known).sum() / known.sum() * 8


def optimisers(model: PhotonMini) -> list[torch.optim.Optimizer]:
    matrices = [p for name, p in model.image.named_parameters() if p.ndim == 4 and not name.startswith("body.0")]
    held = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in held]
    return [
        Muon(matrices, PEAK["image"], MOMENTUM, DECAY["image"]),
        torch.optim.AdamW(rest, PEAK["text"], betas=(0.9, 0.98), weight_decay=DECAY["text"]),
    ]


def share_at(step: int, phases: list[tuple[int, int, float]], warm_up: int) -> tuple[int, float]:
    """(edge, learning rate as a share of the peak): linear within each phase, after a warm-up."""
    before, begun = 1.0, 0
    for edge, steps, after in phases:
        if step < begun + steps:
            share = before + (after - before) * (step - begun) / steps
            return edge, share * min(1.0, (step + 1) / warm_up)
        before, begun = after, begun + steps
    return phases[-1][0], 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--phases", help="edge:steps:end,... instead of the standard ones")
    parser.add_argument("--start", type=Path, help="begin from this checkpoint, at step 0 of the phases")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(SEED)
    phases = PHASES
    if options.phases:
        parts = [phase.split(":") for phase in options.phases.split(",")]
        phases = [(int(edge), int(steps), float(end)) for edge, steps, end in parts]
    classes = tiles.class_names(options.data)
    concepts = build(options.data, options.wordnet, classes)
    vocabulary = Vocabulary(concepts)
    sets = {name: tiles.load(options.data, name, "train", classes) for name in BATCH if (options.data / name).exists()}
    held_out = [tiles.load(options.data, name, "held-out", classes) for name in sets]
    model = PhotonMini(len(vocabulary.tokens), LENGTH).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    optimiser = optimisers(model)
    options.out.mkdir(parents=True, exist_ok=True)
    last = options.out / "last.pt"
    first = 0
    if last.exists():
        state = torch.load(last, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        for own, saved in zip(optimiser, state["optimisers"], strict=True):
            own.load_state_dict(saved)
        first = state["step"]
    elif options.start:
        state = torch.load(options.start, weights_only=True)
        model.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        for own, saved in zip(optimiser, state["optimisers"], strict=True):
            own.load_state_dict(saved)
    batches = Batches(sets, SEED + first)
    writer = CaptionWriter(concepts, SEED + first)
    total = sum(steps for _, steps, _ in phases)
    started, loss_sum = time.time(), 0.0
    for step in range(first, total):
        edge, share = share_at(step, phases, 20 if options.start else WARM_UP)
        for own, peak in zip(optimiser, PEAK.values(), strict=True):
            for group in own.param_groups:
                group["lr"] = peak * share
        loss = loss_of(model, writer, vocabulary, concepts, batches.next(edge))
        for own in optimiser:
            own.zero_grad(set_to_none=True)
        loss.backward()
        for own in optimiser:
            own.step()
        decay = min(AVERAGING, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
                mean.lerp_(now, 1 - decay) if mean.is_floating_point() else mean.copy_(now)
        loss_sum += loss.item()
        if (step + 1) % 50 == 0:
            rate = 50 * sum(BATCH.values()) / (time.time() - started)
            print(f"step {step + 1}/{total} edge {edge} loss {loss_sum / 50:.3f} {rate:.0f} pictures/s", flush=True)
            started, loss_sum = time.time(), 0.0
        if not math.isfinite(loss.item()):
            raise SystemExit("The loss is no number: lower the learning rate.")
        if (step + 1) % SAVE_EVERY == 0 or step + 1 == total:
            saved = {
                "model": model.state_dict(),
                "average": average.state_dict(),
                "optimisers": [own.state_dict() for own in optimiser],
                "step": step + 1,
            }
            torch.save(saved, options.out / "last.tmp")
            (options.out / "last.tmp").replace(last)
        if (step + 1) % 500 == 0 or step + 1 == total:
            figures = accuracies(average, vocabulary, concepts, held_out, edge if edge < phases[-1][0] else EDGE, limit=2000)
            print("held out:", figures, flush=True)
            started = time.time()


if __name__ == "__main__":
    main()
