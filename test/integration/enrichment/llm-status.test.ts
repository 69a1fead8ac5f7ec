import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Photon } from "../../../src/app.ts";
import { createPhoton } from "../../../src/app.ts";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { loadConfig } from "../../../src/config.ts";
import { NotFoundError } from "../../../src/errors.ts";
import { silentLogger } from "../../../src/logger.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "photon-llm-status-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const { signal } = new AbortController();
const open = (library: string, environment: Readonly<Record<string, string>>): Photon => {
  const variables = { PHOTON_HOME: join(folder, library), ...environment };
  const { config } = loadConfig({ environment: variables, workingDirectory: folder });
  return createPhoton(config, { logger: silentLogger });
};
const requests = async (photon: Photon): Promise<readonly string[]> => {
  const rows: string[] = [];
  for await (const { purpose, outcome } of photon.costs.ledger({ photo: undefined, since: undefined })) {
    rows.push(`${purpose}: ${outcome}`);
  }
  return rows;
};
const STUB = { PHOTON_LLM_PROVIDER: "stub" };

test("looking makes no library", async () => {
  await using photon = open("none", {});
  const status = await photon.llmStatus({ probe: false }, signal);
  expect(status).toMatchObject({ ready: false, providers: [], models: [], workers: [] });
  expect(status.problem).toContain("no language model is configured");
  expect(existsSync(join(folder, "none"))).toBe(false);
});

test("a probe says whether the model takes pictures", async () => {
  await using photon = open("probed", STUB);
  const before = await photon.llmStatus({ probe: false }, signal);
  expect(before.models.map(({ vision }) => vision)).toEqual([null]);
  const { ready, models, providers } = await photon.llmStatus({ probe: true }, signal);
  expect([ready, providers[0]?.probe]).toEqual([true, { ok: true }]);
  expect(models).toEqual([
    {
      provider_key: "stub@local",
      model: "stub/ok",
      serves: ["vision", "text", "vision@local", "text@local"],
      vision: true,
      price: "local",
      leaves_machine: false,
      end_of_life: null,
    },
  ]);
  expect(await requests(photon)).toEqual([]); // the stub asks nobody
});

test("nobody answers: not ready, with what to do; the question is in the ledger", async () => {
  const environment = { PHOTON_LLM_PROVIDER: "ollama", PHOTON_LLM_BASE_URL: "http://127.0.0.1:1" };
  await using photon = open("away", environment);
  const { ready, problem, providers } = await photon.llmStatus({ probe: true }, signal);
  expect([ready, providers[0]?.probe?.ok]).toEqual([false, false]);
  expect(problem).toContain("Start Ollama");
  expect(await requests(photon)).toEqual(["health: LLM_API_ERROR"]);
});

test("pauses of all, of a provider and of a kind hold until they are resumed", async () => {
  await using photon = open("paused", STUB);
  const ready = async (kind?: string): Promise<boolean> =>
    (await photon.llmStatus({ probe: false, ...(kind === undefined ? {} : { kind }) }, signal)).ready;
  expect(await ready()).toBe(true);
  expect(await photon.pauseLlm({})).toEqual(["all"]);
  expect(await ready()).toBe(false);
  expect(await photon.resumeLlm({})).toEqual(["all"]);
  expect(await photon.pauseLlm({ kind: "image_tag" })).toEqual(["kind:image_tag"]);
  expect([await ready("image_tag"), await ready("translate")]).toEqual([false, true]);
  await photon.pauseLlm({ provider: "stub" });
  expect(await ready("translate")).toBe(false);
  expect(await photon.resumeLlm({ provider: "stub" })).toEqual(["provider:stub@local"]);
  expect([await ready("image_tag"), await ready("translate")]).toEqual([false, true]);
  expect(await photon.resumeLlm({})).toEqual(["kind:image_tag"]);
  await expect(photon.pauseLlm({ provider: "nobody" })).rejects.toThrow(NotFoundError);
  await expect(photon.pauseLlm({ kind: "nothing" })).rejects.toThrow(NotFoundError);
});

test("resuming a provider ends the pauses of its models, whoever made them, and tests an open circuit at once", async () => {
  const path = join(folder, "repaired", "catalogue.db");
  await using catalogue = await openCatalogue({ path });
  await catalogue.providers.register({ providerKey: "stub@local", ceiling: 3, fingerprint: "f" });
  const later = Date.now() + 3_600_000;
  await catalogue.jobs.pause("model:stub@local/stub/ok", { reason: "CONFIG", until: later });
  await catalogue.providers.change("stub@local", () => ({
    state: { circuit: "open", unavailableSince: 1, nextProbeAt: later },
  }));
  await using photon = open("repaired", STUB);
  const before = await photon.llmStatus({ probe: false }, signal);
  expect(before.problem).toBe("The provider refuses the requests, or does not have the model.");
  expect(await photon.resumeLlm({ provider: "stub" })).toEqual(["model:stub@local/stub/ok"]);
  const after = await photon.llmStatus({ probe: false }, signal);
  expect(after.problem).toContain("cannot be reached");
  expect(after.providers[0]).toMatchObject({ circuit: "open", ready: false });
  expect(after.providers[0]?.next_probe_at).toBeLessThan(later);
});

test("jobs for a model that nobody here can call are named", async () => {
  const path = join(folder, "waiting", "catalogue.db");
  await using catalogue = await openCatalogue({ path });
  const executionId = await catalogue.executions.start({ command: "enrich", kinds: ["translate"], filter: {} });
  const route = "model:openai@https://api.openai.com/gpt-4o";
  await catalogue.jobs.transaction((tx) =>
    catalogue.jobs.enqueue(tx, [
      {
        kind: "translate",
        scopeId: "a".repeat(64),
        documentType: "translate:es",
        route,
        userId: 1,
        executionId,
        priority: 0,
      },
    ]),
  );
  await using photon = open("waiting", STUB);
  const { queue } = await photon.llmStatus({ probe: false }, signal);
  expect(queue).toMatchObject({ states: { available: 1 }, unserved: [{ route, jobs: 1 }] });
});
