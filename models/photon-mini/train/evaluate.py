"""What the towers know: zero-shot accuracy by class names, and text-to-image retrieval over all pictures mixed."""

from __future__ import annotations

import argparse
import json

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from augment import to_float
from captions import Vocabulary
from concepts import TRUE, Concepts
from tiles import Tiles
from towers import EDGE, PhotonMini, normalise_pixels
from trained import open_trained

PROMPTS = ["{}", "a photo of a {}"]


@torch.no_grad()
def image_vectors(model: PhotonMini, pixels, edge: int) -> Tensor:
    """n x DIMENSION, unit length."""
    model.eval()
    parts = [
        model.image(normalise_pixels(to_float(torch.from_numpy(pixels[start : start + 256]), edge)))
        for start in range(0, len(pixels), 256)
    ]
    model.train()
    return F.normalize(torch.cat(parts), dim=-1)


@torch.no_grad()
def text_vectors(model: PhotonMini, vocabulary: Vocabulary, names: list[str]) -> Tensor:
    """names x DIMENSION, unit length; the mean over PROMPTS."""
    model.eval()
    vectors = [F.normalize(model.text(vocabulary.encode([prompt.format(n) for n in names])), dim=-1) for prompt in PROMPTS]
    model.train()
    return F.normalize(torch.stack(vectors).mean(0), dim=-1)


def accuracies(
    model: PhotonMini, vocabulary: Vocabulary, concepts: Concepts, sets: list[Tiles], edge: int, limit: int | None = None
) -> dict[str, float]:
    """Percent. Each set is told apart by its own class names alone; `limit` takes evenly spaced pictures of each."""
    texts = text_vectors(model, vocabulary, concepts.canonical)
    figures: dict[str, float] = {}
    for held in sets:
        step = 1 if limit is None else max(1, len(held.labels) // limit)
        own = [position for position, (name, _) in enumerate(concepts.classes) if name == held.name]
        images = image_vectors(model, held.pixels[::step], edge)
        ranked = (images @ texts[own].T).argsort(1, descending=True)
        labels = torch.tensor([own.index(label) for label in held.labels[::step].tolist()]).unsqueeze(1)
        right = ranked == labels
        figures[f"{held.name} top-1"] = round(100 * right[:, :1].any(1).float().mean().item(), 1)
        if len(own) > 50:
            figures[f"{held.name} top-5"] = round(100 * right[:, :5].any(1).float().mean().item(), 1)
    return figures


def retrieval(
    model: PhotonMini, vocabulary: Vocabulary, concepts: Concepts, sets: list[Tiles], edge: int, depth: int = 10
) -> dict[str, float]:
    """
    precision@10 of class names over the pictures of all sets together, mean over the names of all sets. `strict` counts
    pictures labelled with that very class; `meant` also those that the name is true of (a tabby for "cat").
    """
    images = torch.cat([image_vectors(model, held.pixels, edge) for held in sets])
    labels = torch.cat([torch.from_numpy(held.labels) for held in sets])
    strict, meant = [], []
    names = {held.name for held in sets}
    for position, name in enumerate(concepts.canonical):
        if concepts.classes[position][0] not in names:
            continue
        best = labels[(images @ text_vectors(model, vocabulary, [name])[0]).topk(depth).indices]
        strict.append((best == position).float().mean())
        true = torch.from_numpy(concepts.truth[concepts.phrases.index(name)] == TRUE)[best] if name in concepts.phrases else best == position
        meant.append((true | (best == position)).float().mean())
    return {
        "precision@10 strict": round(torch.stack(strict).mean().item(), 3),
        "precision@10 meant": round(torch.stack(meant).mean().item(), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="held-out", choices=["held-out", "val"])
    trained = open_trained(parser)
    concepts, vocabulary, model = trained.concepts, trained.vocabulary, trained.model
    sets = trained.tiles_of(trained.options.split)
    figures = accuracies(model, vocabulary, concepts, sets, EDGE)
    real = [held for held in sets if held.name != "painted"]
    print(json.dumps({**figures, **retrieval(model, vocabulary, concepts, real, EDGE)}, indent=2))


if __name__ == "__main__":
    main()
