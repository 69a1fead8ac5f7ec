import { describe, expect, test } from "vitest";
import { betterThan } from "../../../src/app/model-change.ts";
import { bytesNeeded, refuseSmallDisk } from "../../../src/app/model-change-plan.ts";
import { chooseFacts, recallOf } from "../../../src/app/model-self-check.ts";
import type { InstalledModel } from "../../../models/embedding/installed-models.ts";

const verified = (...ids: readonly string[]) => ids.map((id) => ({ id, state: "verified" as const }));

describe("an installed model is offered", () => {
  test.each([
    ["photon-mini", ["photon-mini", "clip-vit-base-patch32", "siglip2-base-patch16-224"], "siglip2-base-patch16-224"],
    ["clip-vit-base-patch32", ["photon-mini", "clip-vit-base-patch32"], undefined],
    ["added-by-somebody", ["added-by-somebody", "siglip2-base-patch16-224"], undefined],
  ])("to a library that uses %s when %j are there: %s", (active, installed, expected) => {
    expect(betterThan(active, verified(...installed))).toBe(expected);
  });

  test("only when its files were checked", () => {
    expect(betterThan("photon-mini", [{ id: "clip-vit-base-patch32", state: "partial" }])).toBeUndefined();
  });
});

describe("the disk", () => {
  test("needs more for more photos and longer vectors, and the index also for photos that have a vector", () => {
    const some = bytesNeeded(512, { photos: 1000, toEmbed: 500 });
    expect(some).toBeGreaterThan(500 * 512 * 4 + 1000 * 512 * 4);
    expect(bytesNeeded(768, { photos: 1000, toEmbed: 500 })).toBeGreaterThan(some);
    expect(bytesNeeded(512, { photos: 1000, toEmbed: 0 })).toBeGreaterThan(1000 * 512 * 4);
  });

  test.each([
    [256, 1_500],
    [512, 4_226],
    [768, 4_226],
    [1152, 8_322],
  ])("a vector of %i numbers takes %i bytes of the catalogue, with what its page leaves empty", (dimension, bytes) => {
    const found = bytesNeeded(dimension, { photos: 0, toEmbed: 1000 }) / 1000;
    expect(Math.abs(found - bytes)).toBeLessThan(10);
  });

  test("that is too small is named before anything begins, with both sizes and a way out", () => {
    const plan = { modelId: "m", bytesNeeded: 400_000_000, bytesFree: 450_000_000 };
    expect(() => refuseSmallDisk(plan)).toThrow(
      expect.objectContaining({
        code: "storage",
        message: expect.stringContaining("Expected 500 MB of free disk space") as string,
        hint: expect.stringContaining("photon models prune") as string,
      }),
    );
    expect(() => refuseSmallDisk({ ...plan, bytesFree: 500_000_000 })).not.toThrow();
  });
});

describe("the self-check", () => {
  const fact = (words: string, ...photos: readonly string[]) => ({ words, photos: new Set(photos) });

  test("asks for what few photos carry, the most telling words first", () => {
    const facts = [fact("harbour", "a"), fact("beach", "a", "b"), fact("everything", "a", "b", "c", "d")];
    expect(chooseFacts(facts, 10).map(({ words }) => words)).toEqual(["beach", "harbour"]);
  });

  test("recall is the share of a word's photos among as many first hits", async () => {
    const ranked: Readonly<Record<string, readonly string[]>> = { "1": ["a", "x", "b"], "2": ["c", "y"] };
    const index = {
      nearest: async ({ vector, limit }: { readonly vector: Float32Array; readonly limit: number }) =>
        (ranked[String(vector[0])] ?? []).slice(0, limit).map((contentHash) => ({ contentHash, cosine: 1 })),
    };
    const inference = {
      searchEncoderOf: () =>
        ({
          embedTexts: async (texts: readonly string[]) =>
            texts.map((text) => Float32Array.of(text === "beach" ? 1 : 2)),
        }) as never, // the one method that is asked for
    };
    const model = {} as InstalledModel; // only handed on
    const recall = await recallOf([fact("beach", "a", "b"), fact("harbour", "c")], {
      model,
      index,
      inference,
      signal: new AbortController().signal,
    });
    expect(recall).toBeCloseTo((0.5 + 1) / 2);
  });
});
