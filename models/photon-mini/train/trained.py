"""A checkpoint with the words and classes it was trained on, as the scripts that come after the training take it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import torch

import tiles
from captions import LENGTH, Vocabulary
from concepts import Class, Concepts, build
from tiles import Tiles
from towers import PhotonMini


@dataclass(frozen=True)
class Trained:
    options: argparse.Namespace
    classes: list[Class]
    concepts: Concepts
    vocabulary: Vocabulary
    model: PhotonMini

    def tiles_of(self, split: str) -> list[Tiles]:
        return [tiles.load(self.options.data, name, split, self.classes) for name in tiles.SETS]


def open_trained(parser: argparse.ArgumentParser) -> Trained:
    """Adds --data, --wordnet and --checkpoint to the options and reads them; the model is the average of the last steps."""
    for name in ("--data", "--wordnet", "--checkpoint"):
        parser.add_argument(name, type=Path, required=True)
    options = parser.parse_args()
    classes = tiles.class_names(options.data)
    concepts = build(options.data, options.wordnet, classes)
    vocabulary = Vocabulary(concepts)
    model = PhotonMini(len(vocabulary.tokens), LENGTH)
    model.load_state_dict(torch.load(options.checkpoint, weights_only=True)["average"])
    return Trained(options, classes, concepts, vocabulary, model)
