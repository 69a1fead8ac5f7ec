"""Labelled tiles from the sheets of the data folder, as arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

SETS = ("objects", "scenes", "weather", "small", "painted")
#: Share of each training sheet that no training step sees: for choosing settings and for calibration.
HELD_OUT = 0.05


@dataclass(frozen=True)
class Tiles:
    """`pixels` is n x edge x edge x 3, uint8; `labels` are positions in the list of all classes."""

    name: str
    pixels: np.ndarray
    labels: np.ndarray


def class_names(data: Path) -> list[tuple[str, str]]:
    """(set, label) of all classes, in a fixed order; painted scenes come last."""
    return [
        (name, label)
        for name in SETS
        if (data / name / "index.json").exists()
        for label in sorted({entry["label"] for entry in _index(data, name)["train"]})
    ]


def load(data: Path, name: str, split: str, classes: list[tuple[str, str]]) -> Tiles:
    """`split` is train, held-out (both from the training sheets) or val."""
    pixels: list[np.ndarray] = []
    labels: list[int] = []
    for entry in _index(data, name)["val" if split == "val" else "train"]:
        tiles = _cut(data / entry["file"], entry["tile"], entry["columns"], entry["count"])
        kept = round(len(tiles) * (1 - HELD_OUT))
        tiles = tiles if split == "val" else tiles[:kept] if split == "train" else tiles[kept:]
        pixels.append(tiles)
        labels += [classes.index((name, entry["label"]))] * len(tiles)
    return Tiles(name, np.concatenate(pixels), np.asarray(labels))


def _index(data: Path, name: str) -> dict:
    return json.loads((data / name / "index.json").read_text())


def _cut(sheet: Path, edge: int, columns: int, count: int) -> np.ndarray:
    image = np.asarray(Image.open(sheet).convert("RGB"))
    rows = image.shape[0] // edge
    grid = image[: rows * edge, : columns * edge].reshape(rows, edge, columns, edge, 3)
    return grid.transpose(0, 2, 1, 3, 4).reshape(-1, edge, edge, 3)[:count]
