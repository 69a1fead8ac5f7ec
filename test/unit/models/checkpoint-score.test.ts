import { expect, test } from "vitest";
import type { ReadRange } from "../../../models/embedding/download/checkpoint-score.ts";
import { readScore } from "../../../models/embedding/download/checkpoint-score.ts";
import { DownloadError } from "../../../models/embedding/download/download-error.ts";
import { checkpointOf } from "../../support/model-hub.ts";

const NAMES = { repo: "a/b", path: "model.safetensors", logitScale: "logit_scale", logitBias: "logit_bias" };

test("two scalars are read by their position, and nothing else of the file", async () => {
  const file = Buffer.from(checkpointOf({ logitScale: 4.5, logitBias: -16.25 }));
  let read = 0;
  const range: ReadRange = (from, to) => {
    read += to - from + 1;
    return Promise.resolve(file.subarray(from, to + 1));
  };
  expect(await readScore(range, NAMES, "here")).toEqual({ logitScale: 4.5, logitBias: -16.25 });
  expect(read).toBeLessThan(file.length / 2);
});

test.each([
  ["a name that is not there", { ...NAMES, logitBias: "bias" }],
  ["a tensor of many values", { ...NAMES, logitScale: "weights" }],
])("%s is refused", async (_what, names) => {
  const file = Buffer.from(checkpointOf({ logitScale: 1, logitBias: 1 }));
  const range: ReadRange = (from, to) => Promise.resolve(file.subarray(from, to + 1));
  await expect(readScore(range, names, "here")).rejects.toThrow(DownloadError);
});

test("another kind of file is refused before its length is believed", async () => {
  const page = Buffer.from("<!doctype html><html></html>".repeat(10));
  const range: ReadRange = (from, to) => Promise.resolve(page.subarray(from, to + 1));
  await expect(readScore(range, NAMES, "here")).rejects.toThrow("a header of");
});
