/** `photon models use|prune` through the launcher, with other processes on the same library, and killed on the way. */
import { expect, test } from "vitest";
import { runPhotonIn, startPhoton, until } from "../support/cli.ts";
import { indexAndCatalogue } from "../support/library.ts";
import type { ModelLibrary } from "../support/model-library.ts";
import { activeKeyOf, createProcessedLibrary, vectorsOf } from "../support/model-library.ts";

const runJson = async (
  library: ModelLibrary,
  ...words: readonly string[]
): Promise<Readonly<Record<string, unknown>>> => {
  const { code, stdout, stderr } = await runPhotonIn(library, [...words, "--json"]);
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Readonly<Record<string, unknown>>; // an object, by the commands' contract
};

/** Resolves when the run has stored vectors of the second model, but not of all photos. */
const untilHalfWay = async (library: ModelLibrary): Promise<void> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(library.cataloguePath, { readOnly: true });
  const count = database.prepare("select count(*) as vectors from embeddings where vector_key = ?");
  await until("vectors of the second model", () => {
    const stored = Number(count.get(library.second.vectorKey)?.["vectors"]);
    return stored > 0 ? stored : undefined;
  });
};

test("a change, its way back and the clean-up, as people run them", async () => {
  await using library = await createProcessedLibrary({ count: 24 });
  const { first, second } = library;
  const plan = await runPhotonIn(library, ["models", "use", second.manifest.id, "--dry-run"]);
  expect(plan).toMatchObject({ code: 0, stderr: "Nothing was changed.\n" });
  expect(plan.stdout).toMatch(/to embed +24\n/);
  expect(plan.stdout).toMatch(/time +about \d+ s at [\d.]+ photos\/s\n/);
  expect(plan.stdout).toMatch(/disk needed +about [\d.]+ KB\n/);
  const changed = await runPhotonIn(library, ["models", "use", second.manifest.id]);
  expect(changed.code).toBe(0);
  expect(changed.stdout).toContain(`This library now uses ${second.manifest.id}. 24 photos embedded`);
  expect(changed.stdout).toContain(`photon models use ${first.manifest.id}`);
  expect(await runJson(library, "status")).toMatchObject({ model: { model_id: second.manifest.id, vectors: 24 } });
  expect(await runJson(library, "models", "use", first.manifest.id)).toMatchObject({ switched: true, embedded: 0 });
  const shown = await runPhotonIn(library, ["models", "prune"]);
  expect(shown.stdout).toContain(second.manifest.id);
  expect(shown.stderr).toMatch(/Nothing was removed\. Add --yes to remove them and free about [\d.]+ KB\./);
  const pruned = await runPhotonIn(library, ["models", "prune", "--yes"]);
  expect(pruned.stderr).toMatch(/Removed; [\d.]+ KB freed\./);
  expect((await vectorsOf(library, second)).size).toBe(0);
  expect(await runPhotonIn(library, ["models", "prune"])).toMatchObject({
    stdout: "No vectors of other models are kept.\n",
  });
});

test("wrong words end with the exit code of usage, and say what to do", async () => {
  await using library = await createProcessedLibrary({ count: 1 });
  expect(await runPhotonIn(library, ["models", "use"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("photon models list") as string,
  });
  expect(await runPhotonIn(library, ["models", "use", "no-such-model"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("photon models list") as string,
  });
  expect(await runPhotonIn(library, ["models", "use", "--cancel"])).toMatchObject({
    code: 0,
    stderr: "No change of the model is in progress.\n",
  });
});

test("killed half-way, it goes on with the rest; until then everything works with the model in use", async () => {
  await using library = await createProcessedLibrary({ count: 160 });
  const { first, second } = library;
  const killed = startPhoton(library, ["models", "use", second.manifest.id]);
  await untilHalfWay(library);
  killed.child.kill("SIGKILL");
  await killed.ended;
  const stored = (await vectorsOf(library, second)).size;
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(160);
  expect(await activeKeyOf(library)).toBe(first.vectorKey);
  expect(await runJson(library, "status")).toMatchObject({
    model: { model_id: first.manifest.id },
    model_change: { model_id: second.manifest.id, done: stored, total: 160, running: false },
  });
  const status = await runPhotonIn(library, ["status"]);
  expect(status.stdout).toMatch(
    new RegExp(`change +to ${second.manifest.id}: \\d+%, ${stored} of 160 photos embedded, stopped`),
  );
  expect(await runJson(library, "search", "a photo of a boat", "--weak")).toMatchObject({
    model: { model_id: first.manifest.id },
  });
  const resumed = await runJson(library, "models", "use", second.manifest.id);
  expect(resumed).toMatchObject({ switched: true, embedded: 160 - stored, photos: 160 });
  const { index, catalogue, marks } = await indexAndCatalogue(library);
  expect(index).toEqual(catalogue);
  expect(marks).toBe(0);
});

test("Ctrl-C leaves the model in use, and --cancel ends the change", async () => {
  await using library = await createProcessedLibrary({ count: 160 });
  const { first, second } = library;
  const running = startPhoton(library, ["models", "use", second.manifest.id]);
  await untilHalfWay(library);
  running.child.kill("SIGINT");
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`Stopped. Run \`photon models use ${second.manifest.id}\` again to go on`);
  expect(await activeKeyOf(library)).toBe(first.vectorKey);
  const cancelled = await runPhotonIn(library, ["models", "use", "--cancel"]);
  expect(cancelled.stderr).toContain(`The change to ${second.manifest.id} was ended; the model in use stays.`);
  expect(await runJson(library, "status")).not.toHaveProperty("model_change");
});

test("searches of another process are answered all the way, first with the one model, then with the other", async () => {
  await using library = await createProcessedLibrary({ count: 80 });
  const { first, second } = library;
  await using photon = await library.open();
  const terms = [{ source: { kind: "text", text: "a photo of a boat" }, weight: 1 }] as const;
  const { signal } = new AbortController();
  let isOver = false;
  const change = startPhoton(library, ["models", "use", second.manifest.id]);
  const ended = change.ended.finally(() => {
    isOver = true;
  });
  const used: (string | undefined)[] = [];
  while (!isOver) {
    const reply = await photon.search({ terms, includeWeak: true, limit: 80 }, signal);
    expect(reply.hits).toHaveLength(80);
    used.push(reply.model?.vectorKey);
  }
  expect((await ended).code).toBe(0);
  used.push((await photon.search({ terms, includeWeak: true }, signal)).model?.vectorKey);
  const turn = used.indexOf(second.vectorKey);
  expect(turn).toBeGreaterThan(0);
  expect(used.map((key, at) => key === (at < turn ? first : second).vectorKey)).toEqual(used.map(() => true));
});
