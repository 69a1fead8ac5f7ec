import { expect, test } from "vitest";
import { priorCalibration } from "../../../models/embedding/calibration.ts";
import type { ModelManifest } from "../../../models/embedding/manifest.ts";
import { fileOfRole, parseManifest, vectorKeyOf } from "../../../models/embedding/manifest.ts";
import { manifests } from "../../../models/embedding/manifests.ts";
import { generatedSample } from "../../support/sample-encoder/manifest.ts";

const base: ModelManifest = generatedSample;
const [vision, ...otherFiles] = base.files;

test("a complete manifest is accepted unchanged", () => {
  expect(parseManifest(structuredClone(base), "test")).toEqual(base);
});

test.each([
  ["an unknown key", { ...base, surprise: 1 }, "surprise"],
  ["an unknown key inside image", { ...base, image: { ...base.image, crop: true } }, "crop"],
  ["a branch name as revision", { ...base, revision: "main" }, "revision"],
  ["a short revision", { ...base, revision: base.revision.slice(1) }, "revision"],
  ["a file without a hash", { ...base, files: [{ ...vision, sha256: undefined }, ...otherFiles] }, "files.0"],
  ["a file outside its folder", { ...base, files: [{ ...vision, path: "../weights.onnx" }] }, "files.0.path"],
  ["an absolute path", { ...base, files: [{ ...vision, path: "/weights.onnx" }] }, "files.0.path"],
  ["no files", { ...base, files: [] }, "files"],
  ["a missing output name", { ...base, output: { vision: "image_embeds" } }, "output.text"],
  ["a zero deviation", { ...base, image: { ...base.image, std: [0.5, 0, 0.5] } }, "image.std"],
  ["pictures in half precision", { ...base, image: { ...base.image, dtype: "float16" } }, "image.dtype"],
  ["another manifest version", { ...base, manifest: 2 }, "manifest"],
  ["something that is no object", "manifest", "manifest"],
])("%s is rejected with its place", (_, value, place) => {
  expect(() => parseManifest(value, "model X")).toThrow(place);
  expect(() => parseManifest(value, "model X")).toThrow("model X");
});

test("a file with a blake3 hash alone is accepted", () => {
  const { sha256: _, ...rest } = base.files[0] ?? { sha256: "" };
  const file = { ...rest, blake3: "0".repeat(64) };
  expect(() => parseManifest({ ...base, files: [file, ...otherFiles] }, "test")).not.toThrow();
});

test("the vector key names id, revision, variant and preprocess version", () => {
  expect(
    vectorKeyOf({
      id: "a-model",
      revision: "0123456789abcdef".repeat(3).slice(0, 40),
      variant: "int8",
      preprocessVersion: 3,
    }),
  ).toBe("a-model@01234567/int8/p3");
});

test("a missing role is an error that names it", () => {
  expect(() => fileOfRole({ ...base, files: base.files.filter((file) => file.role !== "text") }, "text")).toThrow(
    "text file",
  );
});

test("the prior calibration is the checkpoint's own pair probability", () => {
  const siglip2 = { ...base, score: { logitScale: 4.724453449249268, logitBias: -16.771724700927734 } };
  const { scale, bias, noMatchBelow, goodFrom } = priorCalibration(siglip2);
  expect(-bias / scale).toBeCloseTo(0.149, 3); // p = 0.5
  expect(noMatchBelow).toBeLessThan(goodFrom);
  expect(priorCalibration({ ...base, score: { logitScale: Math.log(100), logitBias: null } }).bias).toBeLessThan(0);
});

const ALLOWED_LICENCES = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0"];

test.each(manifests.map((manifest) => [manifest.id, manifest] as const))(
  "the registry's %s is complete and free to pass on",
  (_, manifest) => {
    expect(() => parseManifest(manifest, "the registry")).not.toThrow();
    expect(ALLOWED_LICENCES).toContain(manifest.licence.weights);
    expect(ALLOWED_LICENCES).toContain(manifest.licence.tokenizer);
  },
);
