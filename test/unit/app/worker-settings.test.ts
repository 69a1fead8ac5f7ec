import { expect, test } from "vitest";
import { loadEnrichmentKinds } from "../../../src/app/enrichment/kinds.ts";
import { createTargets } from "../../../src/app/enrichment/targets.ts";
import { workerSettings } from "../../../src/app/enrichment/worker.ts";
import { DAY, MINUTE, SECOND } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import type { WorkerSettings } from "../../../src/jobs/worker.ts";
import { silentLogger } from "../../../src/logger.ts";

const settingsWith = async (toml: Readonly<Record<string, string>>): Promise<WorkerSettings> => {
  const variables = Object.entries(toml).map(
    ([key, value]) => [`PHOTON_${key.replaceAll(/[.-]/g, "_").toUpperCase()}`, value] as const,
  );
  const environment = Object.fromEntries([["PHOTON_LLM_PROVIDER", "openai-compatible"] as const, ...variables]);
  const { config } = loadConfig({ environment, workingDirectory: import.meta.dirname });
  const targets = createTargets({ config, kinds: await loadEnrichmentKinds({ config }), logger: silentLogger });
  return workerSettings(config, targets);
};

test("defaults", async () => {
  expect(await settingsWith({})).toEqual({
    slots: 3,
    batchSize: 5,
    batchesPerCommit: 1,
    callTimeoutMs: MINUTE,
    policy: { invalidRetries: 5, unavailableMs: 14 * DAY },
  });
});

test.each([
  [{ "llm.batch.default_size": "7" }, { batchSize: 7 }],
  [{ "llm.batch.default_size": "7", "llm.batch.max_size": "2" }, { batchSize: 2 }],
  [{ "llm.batch.commit_frequency": "4" }, { batchesPerCommit: 4 }],
  [{ "llm.concurrency": "9" }, { slots: 9 }],
  [{ "llm.invalid_retries": "1" }, { policy: { invalidRetries: 1, unavailableMs: 14 * DAY } }],
  [{ "llm.unavailable_days": "2" }, { policy: { invalidRetries: 5, unavailableMs: 2 * DAY } }],
  [{ "limits.llm_timeout_ms": "90000" }, { callTimeoutMs: 90 * SECOND }],
  [{ "llm.timeout_seconds": "120" }, { callTimeoutMs: 120 * SECOND }],
  [{ "llm.openai-compatible.timeout_ms": "200000" }, { callTimeoutMs: 200 * SECOND }],
])("%j", async (given, expected) => {
  expect(await settingsWith(given as Readonly<Record<string, string>>)).toMatchObject(expected);
});
