"""Writes the vectors of held-out pictures and what is true of them, for the calibration of tags by finish.ts."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from augment import attributes_of, to_float
from captions import ATTRIBUTES
from concepts import TRUE, UNKNOWN, Concepts
from evaluate import image_vectors
from tiles import Tiles
from towers import DIMENSION, EDGE
from trained import open_trained
from words import ATTRIBUTE_WORDS

#: Pictures that show nothing: a photo may be black, white, grey, one colour, a gradient or noise.
BLANKS = 400


def blanks(random: np.random.Generator) -> np.ndarray:
    """BLANKS x EDGE x EDGE x 3, uint8."""
    ramp = np.linspace(-1, 1, EDGE)
    pictures = []
    for index in range(BLANKS):
        colour = np.full(3, random.uniform(0, 255)) if index % 2 else random.uniform(0, 255, 3)
        picture = np.broadcast_to(colour, (EDGE, EDGE, 3)).copy()
        if index % 3 == 1:
            picture += (ramp[:, None] * random.uniform(-1, 1) + ramp[None, :] * random.uniform(-1, 1))[..., None] * 90
        if index % 3 == 2:
            picture += random.normal(0, random.uniform(2, 60), (EDGE, EDGE, 3))
        pictures.append(picture.clip(0, 255).astype(np.uint8))
    return np.stack(pictures)


def known_names(concepts: Concepts) -> list[str]:
    """All phrases, then words for colours and light that are no phrases."""
    return list(dict.fromkeys([*concepts.phrases, *(word for name in ATTRIBUTES for word in ATTRIBUTE_WORDS[name])]))


def truths_of(concepts: Concepts, held: Tiles, names: list[str]) -> np.ndarray:
    """pictures x names, three-valued."""
    phrases = concepts.truth[:, held.labels].T
    plain = to_float(torch.from_numpy(held.pixels), EDGE)
    is_scene = torch.full((len(plain),), held.name in ("scenes", "weather"))
    attributes = attributes_of(plain, is_scene).numpy()
    words = {word: column for column, name in enumerate(ATTRIBUTES) for word in ATTRIBUTE_WORDS[name]}
    return np.concatenate([phrases, attributes[:, [words[name] for name in names[len(concepts.phrases) :]]]], 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    trained = open_trained(parser)
    options, concepts, model = trained.options, trained.concepts, trained.model
    sets = trained.tiles_of("held-out")
    empty = blanks(np.random.default_rng(1))
    vectors = torch.cat([image_vectors(model, pixels, EDGE) for pixels in [*(held.pixels for held in sets), empty]])
    options.out.mkdir(parents=True, exist_ok=True)
    vectors.numpy().astype("<f4").tofile(options.out / "vectors.f32")
    names = known_names(concepts)
    truths = np.concatenate([truths_of(concepts, held, names) for held in sets])
    facts = {
        "dimension": DIMENSION,
        "names": names,
        # Of each picture, positions in names; blank pictures come last and show nothing.
        "true": [np.flatnonzero(row == TRUE).tolist() for row in truths] + [[]] * BLANKS,
        "unknown": [np.flatnonzero(row == UNKNOWN).tolist() for row in truths] + [_colours(names)] * BLANKS,
    }
    (options.out / "held-out.json").write_text(json.dumps(facts))


def _colours(names: list[str]) -> list[int]:
    """A blank picture may well be blue."""
    words = {word for name in ATTRIBUTES for word in ATTRIBUTE_WORDS[name]}
    return [position for position, name in enumerate(names) if name in words]


if __name__ == "__main__":
    main()
