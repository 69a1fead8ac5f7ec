"""Which cosine means what, from pictures that no training step saw."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from captions import UNKNOWN_WORD, Vocabulary
from concepts import FALSE, TRUE, Concepts
from evaluate import image_vectors, text_vectors
from tiles import Tiles
from towers import EDGE, PhotonMini

#: Pictures of a library when chance is measured: the best of more pictures is higher.
LIBRARY = 500
LIBRARIES = 40
#: Share of searches for what is there that may find nothing; a class that is absent looks too much like others for less.
MISSES = 0.1
#: Above the best of unknown words.
MARGIN = 0.02
ABSURD = [
    UNKNOWN_WORD,
    f"{UNKNOWN_WORD} {UNKNOWN_WORD}",
    f"photo of the {UNKNOWN_WORD}",
    f"a {UNKNOWN_WORD} {UNKNOWN_WORD} {UNKNOWN_WORD}",
    f"red {UNKNOWN_WORD}",
    f"my {UNKNOWN_WORD} {UNKNOWN_WORD}",
]


def calibration_of(model: PhotonMini, vocabulary: Vocabulary, concepts: Concepts, sets: list[Tiles]) -> dict[str, float]:
    """
    scale and bias: logistic fit of "the name is true of the picture" on the cosine.
    noMatchBelow: the best cosine of a library stays below it in every search for words the model does not know, and in
    one of ten searches for a class that the library has pictures of. goodFrom: from there on half of the best hits are right.
    """
    images = torch.cat([image_vectors(model, held.pixels, EDGE) for held in sets])
    labels = np.concatenate([held.labels for held in sets])
    searched = [position for position, (name, _) in enumerate(concepts.classes) if name != "painted"]
    names = [concepts.canonical[position] for position in searched]
    cosines = images @ text_vectors(model, vocabulary, names).T
    truth = _truth(concepts, names, labels)
    scale, bias = _logistic(cosines, truth)
    absent, present, right = _best_hits(cosines, truth)
    absurd = (images @ text_vectors(model, vocabulary, ABSURD).T).max(0).values
    below = max(float(absurd.max()) + MARGIN, float(np.quantile(present, MISSES)))
    good = _even_chance(np.concatenate([absent, present]), np.concatenate([np.zeros(len(absent)), right]))
    return {
        "scale": round(scale, 4),
        "bias": round(bias, 4),
        "noMatchBelow": round(below, 4),
        "goodFrom": round(max(below, good), 4),
        "false alarms, unknown words": round(float((absurd > below).float().mean()), 4),
        "best cosine of unknown words": round(float(absurd.max()), 4),
        "false alarms, absent classes": round(float((absent > below).mean()), 4),
        "misses, present classes": round(float((present <= below).mean()), 4),
        "best hit right, present classes": round(float(right.mean()), 4),
    }


def _truth(concepts: Concepts, names: list[str], labels: np.ndarray) -> Tensor:
    """pictures x names, three-valued."""
    rows = np.stack([
        concepts.truth[concepts.phrases.index(name)]
        if name in concepts.phrases
        else np.where(np.asarray(concepts.canonical) == name, TRUE, FALSE)
        for name in names
    ])
    return torch.from_numpy(rows.astype(np.int8)[:, labels].T.copy())


def _logistic(cosines: Tensor, truth: Tensor) -> tuple[float, float]:
    """Newton's method on the pairs that are known; every one counts alike."""
    known = truth.flatten() != 1
    x = cosines.flatten()[known].double()
    y = (truth.flatten()[known] == TRUE).double()
    weights = torch.tensor([10.0, -5.0], dtype=torch.float64)
    columns = torch.stack([x, torch.ones_like(x)], 1)
    for _ in range(40):
        chance = torch.sigmoid(columns @ weights)
        slope = columns.T @ (chance - y)
        bend = (columns * (chance * (1 - chance)).unsqueeze(1)).T @ columns
        weights = weights - torch.linalg.solve(bend + 1e-6 * torch.eye(2, dtype=torch.float64), slope)
    return float(weights[0]), float(weights[1])


def _best_hits(cosines: Tensor, truth: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Best cosine of each name in random libraries: without a true picture, with one, and whether that hit is true."""
    random = np.random.default_rng(1)
    absent, present, right = [], [], []
    for _ in range(LIBRARIES):
        chosen = torch.from_numpy(random.choice(len(cosines), LIBRARY, replace=False))
        found, true = cosines[chosen], truth[chosen]
        best = found.max(0)
        has = (true == TRUE).any(0)
        false_only = torch.where(true == FALSE, found, torch.tensor(-1.0)).max(0).values
        absent += false_only.tolist()
        present += best.values[has].tolist()
        right += (true.gather(0, best.indices.unsqueeze(0))[0][has] == TRUE).tolist()
    return np.asarray(absent), np.asarray(present), np.asarray(right, dtype=float)


def _even_chance(cosines: np.ndarray, right: np.ndarray) -> float:
    """The lowest cosine from which at least half of the hits are right."""
    order = np.argsort(-cosines)
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= 0.5)
    return float(cosines[order][enough[-1]]) if len(enough) else 1.0
