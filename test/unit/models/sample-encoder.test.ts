import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { generatedSample } from "../../support/sample-encoder/manifest.ts";
import { buildSampleFiles, sha256Of } from "../../support/sample-encoder/build-sample.ts";
import { concepts, FILLER_WORDS } from "../../support/sample-encoder/concepts.ts";
import { sampleVocabulary } from "../../support/sample-encoder/vocabulary.ts";

test("the generator makes the bytes that the manifest pins", () => {
  const files = buildSampleFiles();
  const revision = createHash("sha256");
  for (const { path, bytes, sha256 } of generatedSample.files) {
    expect({ path, bytes: files[path].length, sha256: sha256Of(files[path]) }).toEqual({ path, bytes, sha256 });
    revision.update(files[path]);
  }
  expect(revision.digest("hex").slice(0, 40)).toBe(generatedSample.revision);
});

test("no word means two things", () => {
  const words = [...FILLER_WORDS, ...concepts.flatMap((concept) => concept.words)];
  expect(new Set(words).size).toBe(words.length);
});

test("every term of the sample vocabulary is a word the encoder knows", () => {
  const known = concepts.flatMap((concept) => concept.words);
  expect(known).toEqual(expect.arrayContaining(sampleVocabulary.map(({ name }) => name)));
});
