/** Descriptions that somebody waits for. */
import { expect, test } from "vitest";
import type { DescribeApi } from "../../../src/app/enrichment/describe-now.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { openPhoton } from "../../support/open-photon.ts";
import { photoBytes } from "../../support/photos.ts";

const never = new AbortController().signal;
const stub = (model: string): string =>
  `[llm]\nprovider = "stub"\nmodel = "${model}"\n[llm.retry]\nmax_attempts = 1\nbase_delay_s = 0\n`;

const twoPhotos = async (library: EnrichmentLibrary): Promise<readonly [string, string]> => [
  await library.addPhoto("1.jpg", await photoBytes(1)),
  await library.addPhoto("2.jpg", await photoBytes(2)),
];

const photonOf = (library: EnrichmentLibrary): DescribeApi & AsyncDisposable => openPhoton(library);

test("photos are described now, and every step of each is told", async () => {
  await using library = await createEnrichmentLibrary();
  const hashes = await twoPhotos(library);
  await using photon = photonOf(library);
  const steps: string[] = [];
  const onStep = (scopeId: string, step: string): unknown => steps.push(`${hashes.indexOf(scopeId)} ${step}`);

  const done = await photon.describeNow({ contentHashes: hashes, waitSeconds: 30, onStep }, never);

  expect(done).toMatchObject({ unfinished: 0, heldBack: 0, failures: [] });
  expect(steps.toSorted()).toEqual(
    [0, 1].flatMap((place) =>
      ["calling-model", "gathering-inputs", "parsing-response"].map((step) => `${place} ${step}`),
    ),
  );
  expect(await Promise.all(hashes.map((hash) => library.stateOf(hash)))).toEqual(["CONFIRMED", "CONFIRMED"]);
});

test("a failure is told by photo with its public code, and is asked again the next time", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("error-503") });
  const [one] = await twoPhotos(library);
  {
    await using photon = photonOf(library);
    const { failures } = await photon.describeNow({ contentHashes: [one], waitSeconds: 30 }, never);
    expect(failures).toMatchObject([{ contentHash: one, code: "LLM_API_ERROR" }]);
    expect(failures[0]?.message).not.toBe("");
  }
  await library.configure(stub("ok"));
  await using photon = photonOf(library);
  const again = await photon.describeNow({ contentHashes: [one], waitSeconds: 30 }, never);
  expect(again).toMatchObject({ failures: [], unfinished: 0 });
  expect(await library.stateOf(one)).toBe("CONFIRMED");
});

test("what is not done when the wait is over stays in the queue, and nothing is lost of it", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("hang") });
  const [one] = await twoPhotos(library);
  await using photon = photonOf(library);
  const done = await photon.describeNow({ contentHashes: [one], waitSeconds: 0.2 }, never);
  expect(done).toMatchObject({ unfinished: 1, failures: [] });
  expect(await library.sql("select state, attempts_invalid as tries from jobs")).toEqual([
    { state: "available", tries: 0 },
  ]);
});

test("who goes away leaves no job behind", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("hang") });
  const [one] = await twoPhotos(library);
  await using photon = photonOf(library);
  const caller = new AbortController();
  const onStep = (_scope: string, step: string): void => {
    if (step === "calling-model") caller.abort();
  };
  const described = photon.describeNow({ contentHashes: [one], waitSeconds: 30, onStep }, caller.signal);
  await expect(described).rejects.toThrow(/abort/i);
  expect(await library.sql("select state from jobs")).toEqual([{ state: "cancelled" }]);
});

test("a photo that must stay here is not sent elsewhere", async () => {
  await using library = await createEnrichmentLibrary();
  const [one] = await twoPhotos(library);
  const provider =
    '[llm]\nprovider = "openai"\n[llm.openai]\napi_key = "sk-none"\nendpoint = "https://example.invalid/v1"\n';
  await library.configure(`${provider}[[roots]]\npath = ${JSON.stringify(library.photos)}\nlocal_only = true\n`);
  await using photon = photonOf(library);
  expect(await photon.describeNow({ contentHashes: [one], waitSeconds: 5 }, never)).toEqual({
    executionId: undefined,
    unfinished: 0,
    heldBack: 1,
    failures: [],
  });
});

test("without a provider it says so", async () => {
  await using library = await createEnrichmentLibrary({ config: "" });
  await using photon = photonOf(library);
  expect(await photon.describeAvailability()).toMatchObject({ reason: "not_configured" });
});
