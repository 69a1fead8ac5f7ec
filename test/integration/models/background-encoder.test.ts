import { getPriority } from "node:os";
import { expect, test } from "vitest";
import { inBackground } from "../../../models/embedding/background-encoder.ts";
import { createHostedEncoder } from "../../../models/embedding/hosted-encoder.ts";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { createWorkspace } from "../../support/model-workspace.ts";

test("an encoder that steps back gives its processes the lowest priority, and still answers", async () => {
  await using workspace = await createWorkspace();
  await using encoder = inBackground(createHostedEncoder(await ensureSampleEncoder(workspace.directory)));
  const [before] = await encoder.embedTexts(["beach"]);
  const own = getPriority();
  expect(encoder.hostPids().map((pid) => getPriority(pid))).toEqual([own]);
  encoder.stepBack();
  const [pid = 0] = encoder.hostPids();
  expect(getPriority(pid)).toBeGreaterThan(own);
  expect((await encoder.embedTexts(["beach"]))[0]).toEqual(before);
});
