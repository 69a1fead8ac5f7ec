/** How photon finds out about a provider by itself: the canary behind a doubtful refusal, health calls while it is away. */
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { pictureOf, startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { until } from "../../support/cli.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };
/** Of a photo the wording is only a hint. */
const REFUSED = { status: 400, body: { error: { message: "the image is broken", type: "invalid_request_error" } } };
const NO_SETTING = { status: 400, body: { error: { message: "unknown field", type: "invalid_request_error" } } };

const photoOf = async (library: EnrichmentLibrary, seed = 1): Promise<string> => {
  const hash = await library.addPhoto(`${seed}.jpg`, await photoBytes(seed));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  return hash;
};

/** What may be the picture's fault is tried once more with a smaller one. */
const REFUSALS = [
  { what: "about the image", reply: REFUSED, photoCalls: 2, code: "IMAGE_REJECTED" },
  { what: "about something else", reply: NO_SETTING, photoCalls: 1, code: "LLM_BAD_REQUEST" },
] as const;

const ledgerOf = (library: EnrichmentLibrary) =>
  library.sql("select purpose, photo, outcome from privacy_ledger order by id");

test.each(REFUSALS)(
  "a refusal $what is the photo's fault when the known-good picture is answered",
  async ({ reply, photoCalls, code }) => {
    await using provider = await startAnsweringProvider((_call, number) => (number <= photoCalls ? reply : GOOD));
    await using library = await createEnrichmentLibrary({ config: provider.config });
    const hash = await photoOf(library);
    await library.work();

    expect(await library.sql("select state, error_code from enrichments")).toEqual([
      { state: "FAILED", error_code: "IMAGE_REJECTED" },
    ]);
    expect(await library.sql("select target from pauses")).toEqual([]);
    const pictures = provider.calls().map((call) => pictureOf(call)?.toString("base64"));
    expect(pictures).toHaveLength(photoCalls + 1);
    expect(pictures.slice(0, -1)).not.toContain(pictures.at(-1)); // photon's own picture
    expect(
      await library.sql("select execution_id, job_id, error_type from llm_call_logs where step_id = 'canary'"),
    ).toEqual([{ execution_id: "canary", job_id: null, error_type: null }]);
    expect(await ledgerOf(library)).toEqual([
      ...Array.from({ length: photoCalls }, () => ({ purpose: "enrich", photo: hash, outcome: code })),
      { purpose: "canary", photo: null, outcome: "ok" },
    ]);
  },
);

test.each(REFUSALS)(
  "a refusal $what is the setting's fault when the known-good picture is refused, too",
  async ({ reply, photoCalls, code }) => {
    await using provider = await startAnsweringProvider(() => reply);
    await using library = await createEnrichmentLibrary({ config: provider.config });
    const hash = await photoOf(library);
    await library.work();

    expect(await library.stateOf(hash)).toBe("PENDING");
    expect(await library.sql("select target, reason from pauses")).toEqual([
      { target: expect.stringMatching(/^model:openai@.*gpt-4o-mini$/), reason: "CONFIG" },
    ]);
    expect(await library.sql("select message_type from events where message_type like 'llm%'")).toEqual([
      { message_type: "llm_config_error" },
    ]);
    expect(await ledgerOf(library)).toEqual([
      ...Array.from({ length: photoCalls }, () => ({ purpose: "enrich", photo: hash, outcome: code })),
      { purpose: "canary", photo: null, outcome: code },
    ]);
  },
);

test("where another photo was answered within the hour, nobody needs the known-good picture", async () => {
  await using provider = await startAnsweringProvider((_call, number) => (number === 1 ? GOOD : NO_SETTING));
  await using library = await createEnrichmentLibrary({ config: provider.config });
  await photoOf(library, 1);
  await library.work();
  const refused = await photoOf(library, 2);
  await library.work();
  expect(await library.stateOf(refused)).toBe("FAILED");
  expect((await ledgerOf(library)).map(({ purpose }) => purpose)).toEqual(["enrich", "enrich"]);
});

test("while a provider is away it is asked after 5, 10, 20 s and so on, at most every 300 s; the ledger knows, and names no photo", async () => {
  const times: number[] = [];
  const clock = createManualClock();
  await using provider = await startAnsweringProvider(() => ({ status: 503 }));
  provider.server.route("GET /v1/models", (_request, response) => {
    times.push(clock.now());
    response.writeHead(503, { "content-type": "application/json" }).end('{"error":{"message":"no","type":"x"}}');
  });
  await using library = await createEnrichmentLibrary({ config: provider.config, clock });
  await photoOf(library);
  const stop = new AbortController();
  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  const away = await until("the outage", async () => {
    const [row] = await library.sql("select unavailable_since as since from provider_state where circuit = 'open'");
    return row === undefined ? undefined : Number(row["since"]);
  });
  await until(
    "eight health calls",
    async () => {
      const endedCalls = await library.sql(
        "select count(*) as calls from privacy_ledger where purpose = 'health' and outcome is not null",
      );
      if (Number(endedCalls[0]?.["calls"]) >= 8) return true;
      // Time stands still while a question is on its way.
      if (Number(endedCalls[0]?.["calls"]) === times.length) clock.advance(SECOND);
      return undefined;
    },
    60_000,
  );
  stop.abort();
  await working;

  const waits = [away, ...times]
    .slice(0, 8)
    .map((at, place, all) => (all[place + 1] ?? at) - at)
    .slice(0, 7);
  const expected = [5, 10, 20, 40, 80, 160, 300].map((seconds) => seconds * SECOND);
  for (const [place, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(expected[place] ?? 0);
    expect(wait).toBeLessThanOrEqual((expected[place] ?? 0) + 10 * SECOND);
  }
  expect((times[7] ?? 0) - (times[6] ?? 0)).toBeLessThanOrEqual(5 * MINUTE + 10 * SECOND);
  expect(
    await library.sql("select distinct purpose, photo, outcome from privacy_ledger where purpose = 'health'"),
  ).toEqual([{ purpose: "health", photo: null, outcome: "LLM_API_ERROR" }]);
  expect(await library.sql("select call_id from llm_call_logs where step_id = 'health'")).toEqual([]);
  expect(provider.calls()).toHaveLength(1); // the photo itself is not sent again
});
