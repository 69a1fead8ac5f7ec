import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TestLibrary } from "../../support/library.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { InProcessClient, ServerOptions } from "../../support/mcp.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";
import { photoBytes } from "../../support/photos.ts";

type Data = Readonly<Record<string, unknown>>;

interface Served extends AsyncDisposable {
  readonly library: TestLibrary;
  readonly served: InProcessClient;
  readonly call: (name: string, input: Data) => Promise<Data>;
  /** The text of a call that must fail. */
  readonly refused: (name: string, input: Data) => Promise<string>;
}

const CONFIG = '[tagging]\nenabled = false\n[llm]\nprovider = "stub"\n';

/** A library whose folder `photos` was added and holds so many photos. */
const serve = async (
  photos: number,
  options: ServerOptions & { readonly era?: "auto" | "legacy" | "pin"; readonly config?: string } = {},
): Promise<Served> => {
  const { config = CONFIG, ...rest } = options;
  const library = await createTestLibrary({ config });
  for (let seed = 0; seed < photos; seed += 1)
    await writeFile(join(library.photos, `photo-${seed}.jpg`), await photoBytes(seed + 1));
  {
    await using photon = await library.open();
    await photon.addRoot(library.photos);
  }
  const served = await connectInProcess(library, rest);
  return {
    library,
    served,
    call: async (name, input) => {
      const result = await served.client.callTool({ name, arguments: { ...input } });
      expect(result.isError, JSON.stringify(result.content)).not.toBe(true);
      return result.structuredContent as Data; // checked by the tests
    },
    refused: async (name, input) => {
      const result = await served.client.callTool({ name, arguments: { ...input } });
      expect(result.isError).toBe(true);
      return JSON.stringify(result.content);
    },
    [Symbol.asyncDispose]: async () => {
      await served[Symbol.asyncDispose]();
      await library[Symbol.asyncDispose]();
    },
  };
};

const idsOf = ({ ids }: Data): readonly string[] => ids as string[];

describe("process", () => {
  test.each(ERAS)("indexes a folder, and again without work, for a client of era %s", async (era) => {
    await using one = await serve(3, { era, config: "[tagging]\nenabled = false\n" });
    const first = await one.call("process", { paths: [one.library.photos] });
    expect(first).toMatchObject({ state: "completed", done: 3, queued: 0, skipped: 0, errors: [] });
    expect(idsOf(first)).toHaveLength(3);
    expect(await one.call("process", { paths: [one.library.photos] })).toMatchObject({ done: 0, skipped: 3 });
    expect(await one.call("search_by_embedding", {})).toMatchObject({ total: 3 });
  });

  test("takes one folder without those in it, and files by relative paths", async () => {
    await using one = await serve(1);
    await mkdir(join(one.library.photos, "in"));
    await writeFile(join(one.library.photos, "in", "deep.jpg"), await photoBytes(99));
    expect(await one.call("process", { paths: [one.library.photos], recursive: false })).toMatchObject({ done: 1 });
    expect(await one.call("process", { paths: ["in/deep.jpg"] })).toMatchObject({ done: 1 });
  });

  test("paths outside of the folders are refused one by one, and all together when there is no other", async () => {
    await using one = await serve(1);
    const outside = join(one.library.folder, "config.toml");
    const mixed = await one.call("process", { paths: [outside, "photo-0.jpg"] });
    expect(mixed).toMatchObject({ done: 1, failed: 1, errors: [{ code: "not-found" }] });
    expect(await one.refused("process", { paths: [outside, "/etc/passwd"] })).toContain("photo folders");
  });

  test("a damaged file is named, the others are done", async () => {
    await using one = await serve(1);
    await writeFile(join(one.library.photos, "bad.jpg"), "no picture");
    const data = await one.call("process", { paths: [one.library.photos] });
    expect(data).toMatchObject({ state: "completed", done: 1, failed: 1 });
    expect(JSON.stringify(data["errors"])).toContain("photos/bad.jpg");
    expect(JSON.stringify(data)).not.toContain(one.library.folder);
  });

  test("without waiting there is a handle, and the job ends by itself", async () => {
    await using one = await serve(4);
    const handle = await one.call("process", { paths: [one.library.photos], wait_seconds: 0 });
    const jobId = String(handle["job_id"]);
    const library = await one.served.edge.context.photon();
    await library.awaitProcessJob(jobId, { signal: AbortSignal.timeout(30_000) });
    expect(await one.call("get_status", { job_id: jobId })).toMatchObject({
      job: { job_id: jobId, state: "completed", processed_count: 4 },
    });
  });

  test("a job of a process that has ended is gone on with by another server", async () => {
    await using one = await serve(2);
    const library = await one.served.edge.context.photon();
    {
      // What a killed server leaves: a job that nobody holds.
      await using catalogue = await one.library.catalogue();
      const input = { paths: [one.library.photos], recursive: true, force: false, enrich: false };
      const jobId = await catalogue.processJobs.start(input);
      await catalogue.processJobs.release([jobId]);
      const job = await library.awaitProcessJob(jobId, { signal: AbortSignal.timeout(30_000) });
      expect(job).toMatchObject({ state: "COMPLETED", counts: { done: 2 } });
    }
  });

  test("a job that somebody cancels ends, and is not completed", async () => {
    await using one = await serve(2);
    const handle = await one.call("process", { paths: [one.library.photos], wait_seconds: 0 });
    const jobId = String(handle["job_id"]);
    await one.served.edge.jobs.cancel(jobId);
    const state = (await one.served.edge.jobs.find(jobId))?.status;
    expect(["cancelled", "completed"]).toContain(state); // it may have been faster
    expect(await one.served.edge.jobs.find("01JUNKJUNKJUNKJUNKJUNKJUNK")).toBeUndefined();
  });
});

const firstId = async (one: Served): Promise<string> => {
  const [id = ""] = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
  return id;
};

describe("annotate and review", () => {
  test("what an assistant writes is found at once, waits for the user, and is written once", async () => {
    await using one = await serve(1);
    const id = await firstId(one);
    const words = { id, title: "Two boats", description: "Two red boats on a lake at dusk.", tags: ["Boat", "lake "] };
    const item = await one.call("annotate", words);
    expect(item).toMatchObject({ state: "READY_TO_CONFIRM", version: 1, source: "assistant", model: "test-client" });
    expect(item["tags"]).toEqual(["boat", "lake"]);
    expect(await one.call("annotate", words)).toMatchObject({ version: 1 });
    expect(await one.call("annotate", { id, title: "Three boats" })).toMatchObject({
      version: 2,
      title: "Three boats",
      description: words.description,
    });
    const confirmed = await one.call("review_enrichment", { action: "confirm", ids: [id] });
    expect(confirmed).toMatchObject({ items: [{ id, state: "CONFIRMED", version: 2 }], errors: [] });
  });

  test("a translation is words in another language; tags have none", async () => {
    await using one = await serve(1);
    const id = await firstId(one);
    const spanish = await one.call("annotate", { id, title: "Dos barcos", language: "es" });
    expect(spanish).toMatchObject({ kind: "translate:es", state: "READY_TO_CONFIRM" });
    expect(await one.refused("annotate", { id, tags: ["barco"], language: "es" })).toContain("tags");
  });

  test("the user's own words count at once, and an older version comes back on top", async () => {
    await using one = await serve(1);
    const id = await firstId(one);
    await one.call("annotate", {
      id,
      title: "First",
      description: "What is to be seen.",
      tags: ["one", "two", "three"],
    });
    const edited = await one.call("review_enrichment", { action: "edit", ids: [id], title: "Second" });
    expect(edited).toMatchObject({ items: [{ version: 2, title: "Second", state: "CONFIRMED", source: "user" }] });
    const restored = await one.call("review_enrichment", { action: "restore", ids: [id], version: 1 });
    expect(restored).toMatchObject({ items: [{ version: 3, title: "First", state: "CONFIRMED" }] });
    expect(await one.call("review_enrichment", { action: "discard", ids: [id] })).toMatchObject({
      items: [{ state: "DISCARDED" }],
    });
  });

  test("words without a photo, no words, and several photos for one edit are refused with what to do", async () => {
    await using one = await serve(2);
    const [a = "", b = ""] = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
    expect(await one.refused("annotate", { id: "0123456789ab", title: "x" })).toContain("No photo");
    expect(await one.refused("annotate", { id: a })).toContain("received none");
    expect(await one.refused("review_enrichment", { action: "edit", ids: [a, b], title: "x" })).toContain("one id");
    expect(await one.refused("annotate", { id: a, title: "x", colour: "red" })).toContain("colour");
  });
});

describe("remove_from_index", () => {
  test("previews, removes exactly that, and leaves the files", async () => {
    await using one = await serve(3);
    const [a = "", b = ""] = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
    const preview = await one.call("remove_from_index", { ids: [a] });
    expect(preview).toMatchObject({ would_remove: 1, sample: [{ id: a }] });
    const token = String(preview["confirm_token"]);
    expect(await one.refused("remove_from_index", { ids: [a, b], confirm_token: token })).toContain("does not fit");
    expect(await one.refused("remove_from_index", { ids: [a], confirm_token: `${token}x` })).toContain("does not fit");
    expect(await one.call("remove_from_index", { ids: [a], confirm_token: token })).toMatchObject({ removed: 1 });
    expect(await one.call("search_by_embedding", {})).toMatchObject({ total: 2 });
    expect((await stat(join(one.library.photos, "photo-0.jpg"))).isFile()).toBe(true);
    expect(await one.call("process", { paths: [one.library.photos] })).toMatchObject({ done: 0 });
  });

  test("a folder is named by its last name", async () => {
    await using one = await serve(2);
    await one.call("process", { paths: [one.library.photos], enrich: "skip" });
    expect(await one.call("remove_from_index", { folder: "photos" })).toMatchObject({ would_remove: 2 });
    expect(await one.refused("remove_from_index", {})).toContain("ids or folder");
  });
});

describe("request_enrichment", () => {
  test("queues what is missing, and nothing twice", async () => {
    await using one = await serve(2);
    const ids = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
    const first = await one.call("request_enrichment", { ids });
    expect(first).toMatchObject({ queued: 2, provider: "stub", leaves_machine: false });
    expect(await one.call("get_enrichment", { job_id: String(first["job_id"]) })).toMatchObject({ queue_depth: 2 });
    expect(await one.call("request_enrichment", { ids })).toMatchObject({ queued: 0, skipped: 2 });
  });

  test("without a provider the jobs wait, and another way is named", async () => {
    await using one = await serve(1, { config: "[tagging]\nenabled = false\n" });
    const ids = idsOf(await one.call("process", { paths: [one.library.photos] }));
    const data = await one.call("request_enrichment", { ids });
    expect(data).toMatchObject({ queued: 1, provider: null });
    expect(data["note"]).toContain("annotate");
  });

  test("many photos to somebody else's machine need the token of a preview", async () => {
    const config =
      '[tagging]\nenabled = false\n[llm]\nprovider = "openai"\n[llm.confirm_above]\nphotos = 1\n[llm.openai]\nendpoint = "http://127.0.0.1:9/v1"\napi_key = "sk-test"\n';
    await using one = await serve(2, { config });
    const ids = idsOf(await one.call("process", { paths: [one.library.photos] }));
    const preview = await one.call("request_enrichment", { ids });
    expect(preview).toMatchObject({ queued: 0, leaves_machine: true, estimate: { photos: 2 } });
    const token = String(preview["confirm_token"]);
    expect(
      await one.refused("request_enrichment", {
        ids: ids.slice(0, 1).concat(ids),
        kind: "photo_story",
        confirm_token: token,
      }),
    ).toContain("does not fit");
    expect(await one.call("request_enrichment", { ids, confirm_token: token })).toMatchObject({ queued: 2 });
  });

  test("a kind that there is not is named with those there are", async () => {
    await using one = await serve(1);
    const ids = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
    expect(await one.refused("request_enrichment", { ids, kind: "poem" })).toContain("image_tag");
  });
});

describe("watch_folder", () => {
  test("switches watching, keeps words of a folder once, and says that no agent runs", async () => {
    await using one = await serve(1);
    await mkdir(join(one.library.photos, "cats"));
    const path = join(one.library.photos, "cats");
    const on = await one.call("watch_folder", { path, match: "a cat on a sofa" });
    expect(on).toMatchObject({ watched: [{ mode: "waiting", match: ["a cat on a sofa"] }], agent: { alive: false } });
    expect(on["note"]).toContain("photon watch");
    expect(await one.call("watch_folder", { path, match: "a cat on a sofa" })).toEqual(on);
    expect(await one.call("watch_folder", { path, enabled: false })).toMatchObject({ watched: [{ mode: "off" }] });
    expect(await one.refused("watch_folder", { path: one.library.folder })).toContain("photo folders");
  });
});

describe("what writes", () => {
  test("is not there under --read-only, and the gallery's tool is the page's alone", async () => {
    await using one = await serve(1, { flags: { readOnly: true } });
    const { tools } = await one.served.client.listTools();
    const names = tools.map(({ name }) => name);
    for (const writer of [
      "process",
      "annotate",
      "review_enrichment",
      "request_enrichment",
      "watch_folder",
      "remove_from_index",
    ])
      expect(names).not.toContain(writer);
    const page = tools.find(({ name }) => name === "gallery_page");
    expect(page?._meta).toMatchObject({ ui: { visibility: ["app"] } });
  });

  test("a yes in a dialog is as good as a token, a no leads to the preview", async () => {
    for (const answer of ["accept", "decline"] as const) {
      await using one = await serve(1);
      const id = await firstId(one);
      await using second = await connectInProcess(one.library, {
        client: { capabilities: { elicitation: { form: {} } } },
      });
      second.client.setRequestHandler("elicitation/create", () =>
        answer === "accept" ? { action: "accept", content: { ok: true } } : { action: "decline" },
      );
      const result = await second.client.callTool({ name: "remove_from_index", arguments: { ids: [id] } });
      const expected = answer === "accept" ? { removed: 1 } : { would_remove: 1 };
      expect(result.structuredContent).toMatchObject(expected);
    }
  });
});

test("a page of the gallery holds pictures for the page", async () => {
  await using one = await serve(2);
  const ids = idsOf(await one.call("process", { paths: [one.library.photos], enrich: "skip" }));
  const result = await one.served.client.callTool({ name: "gallery_page", arguments: { ids } });
  const content = result.content as readonly { readonly type: string }[];
  expect(content.filter(({ type }) => type === "image")).toHaveLength(2);
  await rm(one.library.photos, { recursive: true }); // thumbnails are left
  const offline = await one.served.client.callTool({ name: "gallery_page", arguments: { ids } });
  expect((offline.content as typeof content).filter(({ type }) => type === "image")).toHaveLength(2);
});
