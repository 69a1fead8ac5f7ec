import { expect, test } from "vitest";
import { soakAgent } from "../support/agent-soak.ts";

test("after random changes, lost hints and kills the library equals the folders, and nothing was embedded twice", async () => {
  const result = await soakAgent({ operations: 60, seed: 3, killEveryMs: 3000, restTimeoutMs: 200_000 });
  expect(result.problems).toEqual([]);
  expect(result.embedded).toBeGreaterThan(0);
  expect(result.kills).toBeGreaterThan(0);
});
