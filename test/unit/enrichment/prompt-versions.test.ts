import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { EnrichmentKind } from "../../../src/enrichment/enrichment-kind.ts";
import { kinds } from "../../../src/enrichment/kinds.ts";
import { knownInputs } from "../../support/enrichment.ts";

/**
 * Hash of the prompt of each kind and version, by `<kind>/<version>`. A prompt that changes under its version makes old
 * and new documents look alike and old results of the cache look new: raise `promptVersion` of the kind, and add the line
 * that the failing test prints.
 */
const recorded = JSON.parse(readFileSync(new URL("prompt-versions.json", import.meta.url), "utf8")) as Readonly<
  Record<string, string>
>;

const hashOf = (kind: EnrichmentKind, promptVersion: number): string => {
  const inputs = knownInputs[kind.kind];
  if (inputs === undefined) throw new Error(`test/support/enrichment.ts has no inputs for ${kind.kind}.`);
  const { promptHash, dataBlock } = kind.buildPrompt(inputs, { promptVersion });
  return createHash("sha256").update(`${promptHash}\n${dataBlock}`).digest("hex").slice(0, 16);
};

test.each(kinds)("the prompt of $kind is that of its version", (kind: EnrichmentKind) => {
  const current = Object.fromEntries(
    kind.promptVersions.map((version) => [`${kind.kind}/${version}`, hashOf(kind, version)]),
  );
  expect(recorded).toMatchObject(current);
});

test("a changed template changes the hash", () => {
  const [kind] = kinds;
  const inputs = knownInputs[kind.kind];
  if (inputs === undefined) throw new Error("no inputs");
  expect(kind.buildPrompt(inputs, { overrides: ["One word more."] }).promptHash).not.toBe(
    kind.buildPrompt(inputs).promptHash,
  );
});
