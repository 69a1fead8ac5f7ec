"""Writes a checkpoint as the files photon loads: two ONNX graphs with half-precision weights, tokenizer, manifest, calibration."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from calibrate import calibration_of
from captions import END, LENGTH, PAD, UNKNOWN_WORD, Vocabulary
from concepts import normalise
from towers import DIMENSION, EDGE, MEAN, STD
from trained import open_trained

OPSET = 18
IMAGE_INPUT, IMAGE_OUTPUT = "pixel_values", "image_embeds"
TEXT_INPUT, TEXT_OUTPUT = "input_ids", "text_embeds"
#: Texts whose ids the manifest keeps as golden values.
GOLDEN_TEXTS = ["dog", "A photo of a Golden Retriever!", "sea at sunset", "red car", "xylograph"]
#: Smaller tensors stay as they are.
HALVED_FROM = 256


def fuse(module: nn.Module) -> None:
    """Batch norms into the convolutions before them."""
    for name, child in module.named_children():
        if isinstance(child, nn.Sequential) and len(child) == 2 and isinstance(child[1], nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(child[0], child[1]))
        else:
            fuse(child)


def halve(graph: onnx.GraphProto) -> None:
    """Large weights in float16, cast back where they are used: half the file, the same arithmetic."""
    casts = []
    for tensor in graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < HALVED_FROM:
            continue
        name = tensor.name
        halved = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), f"{name}_half")
        tensor.CopyFrom(halved)
        casts.append(helper.make_node("Cast", [halved.name], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


def export(tower: nn.Module, example: torch.Tensor, names: tuple[str, str], path: Path) -> None:
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.onnx.export(
        tower,
        (example,),
        input_names=[names[0]],
        output_names=[names[1]],
        opset_version=OPSET,
        dynamo=True,
        dynamic_shapes=({0: batch},),
        verbose=False,
    )
    model = program.model_proto
    halve(model.graph)
    model.graph.doc_string = model.doc_string = ""
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString(deterministic=True))
    session = onnxruntime.InferenceSession(path.read_bytes())
    with torch.no_grad():
        expected = tower(example).numpy()
    found = session.run(None, {names[0]: example.numpy()})[0]
    cosines = (expected * found).sum(1) / np.linalg.norm(expected, axis=1) / np.linalg.norm(found, axis=1)
    if cosines.min() < 0.9995:
        raise SystemExit(f"{path.name}: the exported graph gives other vectors (cosine {cosines.min():.5f}).")


def tokenizer_of(vocabulary: Vocabulary) -> dict:
    special = [PAD, UNKNOWN_WORD, END]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": vocabulary.ids[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for token in special
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        # WordPiece without pieces: whole words or the unknown token.
        "model": {"type": "WordPiece", "vocab": vocabulary.ids, "unk_token": UNKNOWN_WORD, "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100},
    }  # fmt: skip


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    trained = open_trained(parser)
    options, concepts, vocabulary, model = trained.options, trained.concepts, trained.vocabulary, trained.model
    model.eval()
    fuse(model.image)
    held_out = trained.tiles_of("held-out")
    options.out.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(1)
    export(model.image, torch.randn(3, 3, EDGE, EDGE, generator=generator), (IMAGE_INPUT, IMAGE_OUTPUT), options.out / "vision.onnx")
    example = vocabulary.encode([normalise(text) for text in GOLDEN_TEXTS])
    export(model.text, example, (TEXT_INPUT, TEXT_OUTPUT), options.out / "text.onnx")
    (options.out / "tokenizer.json").write_text(json.dumps(tokenizer_of(vocabulary), ensure_ascii=False, indent=0) + "\n")
    files = [("vision", "vision.onnx"), ("text", "text.onnx"), ("tokenizer", "tokenizer.json")]
    revision = hashlib.sha256(b"".join((options.out / path).read_bytes() for _, path in files)).hexdigest()[:40]
    end = vocabulary.ids[END]
    manifest = {
        "manifest": 1,
        "id": "photon-mini",
        "variant": "fp16",
        "preprocessVersion": 1,
        "repo": "built-in",
        "revision": revision,
        "licence": {"weights": "MIT", "tokenizer": "MIT", "source": "models/photon-mini/README.md"},
        "files": [
            {"role": role, "path": path, "bytes": (options.out / path).stat().st_size, "sha256": sha256(options.out / path)}
            for role, path in files
        ],
        "dimension": DIMENSION,
        "image": {"size": EDGE, "resize": "squash", "kernel": "bicubic", "mean": MEAN, "std": STD, "layout": "nchw",
                  "dtype": "float32", "input": IMAGE_INPUT},
        "text": {"length": LENGTH, "padId": vocabulary.ids[PAD], "eosId": end, "mask": False, "lowerCase": True,
                 "stripPunctuation": True, "collapseSpaces": True, "dtype": "int64", "input": TEXT_INPUT},
        "output": {"vision": IMAGE_OUTPUT, "text": TEXT_OUTPUT},
        "score": {"logitScale": round(model.scale.item(), 6), "logitBias": round(model.bias.item(), 6)},
        "languages": {"good": ["en"], "weak": []},
        "golden": {
            "texts": [
                {"text": text, "ids": [position for position in row.tolist() if position != vocabulary.ids[PAD]]}
                for text, row in zip(GOLDEN_TEXTS, example, strict=True)
            ],
            "pairs": [],
        },
    }  # fmt: skip
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    key = f"photon-mini@{revision[:8]}/fp16/p1"
    calibration = calibration_of(model, vocabulary, concepts, held_out)
    print(json.dumps(calibration, indent=2))
    kept = {name: calibration[name] for name in ("scale", "bias", "noMatchBelow", "goodFrom")}
    (options.out / "calibration.json").write_text(
        json.dumps({"vectorKey": key, "id": f"{key}/held-out-1", **kept}, indent=2) + "\n"
    )
    total = sum((options.out / path).stat().st_size for _, path in files[:2])
    print(f"{revision}: {total / 1e6:.1f} MB in two graphs, {len(vocabulary.tokens)} words")


if __name__ == "__main__":
    main()
