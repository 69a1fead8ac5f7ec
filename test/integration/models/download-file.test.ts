import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DownloadError } from "../../../models/embedding/download/download-error.ts";
import type { FetchedFile, WantedFile } from "../../../models/embedding/download/download-file.ts";
import { downloadFile } from "../../../models/embedding/download/download-file.ts";
import { createHttpClient } from "../../../models/embedding/download/http-client.ts";
import type { Environment } from "../../../models/embedding/download/http-client.ts";
import { StorageError } from "../../../src/errors.ts";
import { canMountDisks, mountDisk } from "../../support/disks.ts";
import type { ModelServer } from "../../support/model-server.ts";
import {
  cutAfter,
  endAfter,
  other,
  redirectTo,
  silentAfter,
  startModelServer,
  startProxy,
  status,
} from "../../support/model-server.ts";
import { randomFrom, temporaryFolder } from "../../support/photos.ts";

const bytesOf = (seed: number, length: number): Buffer => {
  const random = randomFrom(seed);
  return Buffer.from(Uint8Array.from({ length }, () => Math.floor(random() * 256)));
};
const sha256 = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

const CONTENT = bytesOf(1, 300_000);
const PATH = "/model.onnx";
const ETAG = '"one"';
const HALF = 150_000;

let server: ModelServer;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let files = 0;
let path: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder[Symbol.asyncDispose]());
beforeEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = await startModelServer();
  server.serve(PATH, CONTENT, { etag: ETAG });
  files += 1;
  path = join(folder.path, String(files), "model.onnx");
});
afterAll(() => server[Symbol.asyncDispose]());

interface Run {
  readonly file: FetchedFile;
  /** Waits between attempts, milliseconds. */
  readonly waits: readonly number[];
  readonly notes: readonly string[];
}

interface RunOptions extends Partial<WantedFile> {
  readonly environment?: Environment;
  readonly baseUrl?: URL;
  readonly silenceLimitMs?: number;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

const pinned = { bytes: CONTENT.length, sha256: sha256(CONTENT) };

const run = async ({
  environment = {},
  baseUrl,
  silenceLimitMs,
  signal,
  onBytes,
  ...file
}: RunOptions): Promise<Run> => {
  const waits: number[] = [];
  const notes: string[] = [];
  const http = createHttpClient({
    environment,
    baseUrl: baseUrl ?? server.url,
    ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
  });
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void waits.push(ms) };
  const fetched = await downloadFile(
    { name: "model.onnx", path, urls: [new URL(PATH, server.url)], ...file },
    { http, clock, random: () => 1 },
    {
      signal: signal ?? new AbortController().signal,
      onBytes: onBytes ?? (() => undefined),
      onRetry: (note) => notes.push(note),
    },
  );
  return { file: fetched, waits, notes };
};

const failureOf = async (promise: Promise<unknown>): Promise<DownloadError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DownloadError)) throw new Error(`expected a DownloadError, received ${String(error)}`);
  return error;
};
const filesHere = async (): Promise<readonly string[]> => (await readdir(join(path, ".."))).toSorted();

/** Downloads until so many bytes are here, then is aborted like by Ctrl-C. */
const interruptAt = async (bytes: number, options: RunOptions = {}): Promise<void> => {
  const controller = new AbortController();
  const onBytes = (here: number): void => {
    if (here >= bytes) controller.abort();
  };
  await expect(run({ ...pinned, ...options, signal: controller.signal, onBytes })).rejects.toMatchObject({
    name: "AbortError",
  });
};

describe("a whole file", () => {
  test("is published under its name, and nothing else stays", async () => {
    const { file } = await run(pinned);
    expect(file).toMatchObject(pinned);
    expect(await readFile(path)).toEqual(CONTENT);
    expect(await filesHere()).toEqual(["model.onnx"]);
    expect(server.requests).toHaveLength(1);
  });

  test("is taken from a server that says nothing about it, and its hashes are told", async () => {
    const { file } = await run({});
    expect(file).toMatchObject({ bytes: CONTENT.length, sha256: sha256(CONTENT) });
    expect(file.blake3).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("continuing", () => {
  test("a cut connection is continued where it broke", async () => {
    server.script(PATH, cutAfter(HALF, ETAG));
    const { file, waits } = await run(pinned);
    expect(file.sha256).toBe(pinned.sha256);
    expect(waits).toHaveLength(1);
    const [, second] = server.requests;
    expect(Number(/^bytes=(\d+)-$/.exec(second?.headers.range ?? "")?.[1])).toBeGreaterThan(0);
    expect(second?.headers["if-range"]).toBe(ETAG);
  });

  test("a part left by Ctrl-C is continued by the next run", async () => {
    server.script(PATH, silentAfter(HALF));
    await interruptAt(HALF);
    expect(await filesHere()).toEqual(["model.onnx.part", "model.onnx.part.json"]);
    await run(pinned);
    expect(server.requests.at(-1)?.headers.range).toBe(`bytes=${HALF}-`);
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("a server that ignores the range sends everything, and the part starts over", async () => {
    server.script(PATH, silentAfter(HALF));
    await interruptAt(HALF);
    server.serve(PATH, CONTENT, { ranges: false });
    await run(pinned);
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("a file that changed on the server is fetched anew", async () => {
    const changed = bytesOf(2, CONTENT.length);
    server.script(PATH, cutAfter(HALF, ETAG));
    server.serve(PATH, changed, { etag: '"two"' });
    await run({}); // nothing but the tag tells that it is another file
    expect(await readFile(path)).toEqual(changed);
  });

  test("without tag and hash nothing is continued, because nothing would tell a mix", async () => {
    server.serve(PATH, CONTENT);
    server.script(PATH, cutAfter(HALF));
    await run({});
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("a part of another file is thrown away", async () => {
    server.script(PATH, silentAfter(HALF));
    await interruptAt(HALF, { sha256: "a".repeat(64) });
    await run(pinned);
    expect(server.requests.at(-1)?.headers.range).toBeUndefined();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("a part that was changed on disk is found out by its hash and fetched anew", async () => {
    server.script(PATH, silentAfter(HALF));
    await interruptAt(HALF);
    const { writeFile } = await import("node:fs/promises");
    await writeFile(`${path}.part`, bytesOf(9, HALF));
    const error = await failureOf(run(pinned));
    expect(error.failure).toBe("wrong_hash");
    await run(pinned);
    expect(await readFile(path)).toEqual(CONTENT);
  });
});

describe("wrong content", () => {
  const wrong = bytesOf(3, CONTENT.length);

  test("a wrong hash deletes the part and the next mirror is asked", async () => {
    server.serve("/bad.onnx", wrong);
    const urls = [new URL("/bad.onnx", server.url), new URL(PATH, server.url)];
    const { notes } = await run({ ...pinned, urls });
    expect(notes.join()).toContain(sha256(wrong));
    expect(server.requests.at(-1)?.headers.range).toBeUndefined();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("without another mirror both hashes are named and nothing stays", async () => {
    server.serve(PATH, wrong);
    const error = await failureOf(run(pinned));
    expect(error).toMatchObject({ failure: "wrong_hash", exitCode: 1 });
    expect(error.message).toContain(pinned.sha256);
    expect(error.message).toContain(sha256(wrong));
    expect(await filesHere()).toEqual([]);
  });

  test("a blake3 hash binds as well", async () => {
    const { file } = await run({});
    const again = join(path, "..", "again.onnx");
    await run({ path: again, blake3: file.blake3 });
    server.serve(PATH, wrong);
    expect(await failureOf(run({ path: `${again}2`, blake3: file.blake3 }))).toMatchObject({ failure: "wrong_hash" });
  });

  test("a file of another size is refused before its bytes are stored", async () => {
    server.script(PATH, other(bytesOf(4, 99)));
    expect(await failureOf(run(pinned))).toMatchObject({ failure: "wrong_size" });
    server.script(PATH, other(bytesOf(4, CONTENT.length + 1)));
    expect(await failureOf(run(pinned))).toMatchObject({ failure: "wrong_size" });
  });

  test("a body that ends early is continued", async () => {
    server.script(PATH, endAfter(HALF));
    await run(pinned);
    expect(server.requests.at(-1)?.headers.range).toBe(`bytes=${HALF}-`);
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("a server that always cuts is given up after five attempts without a byte", async () => {
    server.script(PATH, ...Array.from({ length: 9 }, () => cutAfter(0)));
    const error = await failureOf(run(pinned));
    expect(error.failure).toBe("interrupted");
    expect(server.requests).toHaveLength(5);
  });
});

describe("answers that are no file", () => {
  test.each([
    [403, "forbidden"],
    [401, "forbidden"],
    [404, "not_found"],
    [418, "unexpected_reply"],
  ])("status %s is final: %s", async (code, failure) => {
    server.script(PATH, status(code));
    expect(await failureOf(run(pinned))).toMatchObject({ failure });
    expect(server.requests).toHaveLength(1);
  });

  test("429 and 503 are waited for, as long as the server says", async () => {
    server.script(PATH, status(429, { "retry-after": "7" }), status(503));
    const { waits } = await run(pinned);
    expect(waits).toEqual([7000, 2000]);
  });

  test("a server that wants more patience than a person has is told", async () => {
    server.script(PATH, status(429, { "retry-after": "86400" }));
    expect(await failureOf(run(pinned))).toMatchObject({ failure: "rate_limited" });
  });

  test("a silent server is asked again", async () => {
    server.script(PATH, silentAfter(HALF));
    const { notes } = await run({ ...pinned, silenceLimitMs: 100 });
    expect(notes.join()).toContain("sent nothing");
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("so is one that takes the request and never answers", async () => {
    server.script(PATH, () => undefined);
    const { waits } = await run({ ...pinned, silenceLimitMs: 100 });
    expect(waits).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
  });

  test("a refused connection fails at once and names the host", async () => {
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const error = await failureOf(run({ ...pinned, urls: [new URL(PATH, url)] }));
    expect(error).toMatchObject({ failure: "refused" });
    expect(error.message).toContain(url.host);
  });
});

describe("redirects", () => {
  const secret = { PHOTON_MODELS_TOKEN: "secret" };

  test("are followed; the token stays with the host it is for", async () => {
    await using elsewhere = await startModelServer();
    elsewhere.serve("/cdn", CONTENT);
    server.script(PATH, redirectTo(new URL("/cdn", elsewhere.url).href));
    await run({ ...pinned, environment: secret });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("on the same host keep the token", async () => {
    server.script("/here", redirectTo(PATH));
    await run({ ...pinned, environment: secret, urls: [new URL("/here", server.url)] });
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer secret", "Bearer secret"]);
  });

  test("the hub's token is not for mirrors", async () => {
    await run({ ...pinned, environment: { HF_TOKEN: "secret" } });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
  });

  test("continue a part too", async () => {
    server.script(PATH, silentAfter(HALF));
    await interruptAt(HALF);
    server.serve("/cdn", CONTENT, { etag: ETAG });
    server.script(PATH, redirectTo("/cdn"));
    await run(pinned);
    expect(server.requestsOf("/cdn").map(({ headers }) => headers.range)).toEqual([`bytes=${HALF}-`]);
  });

  test.each(["http://models.example.org/x", "ftp://127.0.0.1/x"])("to %s is refused", async (location) => {
    server.script(PATH, redirectTo(location));
    expect(await failureOf(run(pinned))).toMatchObject({ failure: "redirect" });
  });

  test("in a circle end", async () => {
    server.script(PATH, ...Array.from({ length: 20 }, () => redirectTo(PATH)));
    expect(await failureOf(run(pinned))).toMatchObject({ failure: "redirect" });
  });
});

describe("proxies", () => {
  const far = new URL(`http://models.invalid${PATH}`);

  test("HTTP_PROXY is used, in either case", async () => {
    await using proxy = await startProxy(server.url);
    await run({ ...pinned, urls: [far], environment: { HTTP_PROXY: proxy.url.href } });
    await run({ ...pinned, path: `${path}2`, urls: [far], environment: { http_proxy: proxy.url.href } });
    expect(proxy.seen).toEqual([`GET ${far.href}`, `GET ${far.href}`]);
    expect(await readFile(path)).toEqual(CONTENT);
  });

  test("NO_PROXY goes around it", async () => {
    await using proxy = await startProxy(server.url);
    await run({ ...pinned, environment: { HTTP_PROXY: proxy.url.href, NO_PROXY: "127.0.0.1" } });
    expect(proxy.seen).toEqual([]);
  });

  test("a proxy that is gone is named as the cause", async () => {
    const proxy = await startProxy(server.url);
    await proxy[Symbol.asyncDispose]();
    const error = await failureOf(run({ ...pinned, urls: [far], environment: { HTTP_PROXY: proxy.url.href } }));
    expect(error).toMatchObject({ failure: "proxy" });
    expect(error.message).toContain(proxy.url.host);
  });

  test("a proxy that refuses the tunnel of HTTPS_PROXY is named as the cause", async () => {
    await using proxy = await startProxy(server.url, 403);
    const urls = [new URL("https://models.invalid/x")];
    const error = await failureOf(run({ ...pinned, urls, environment: { HTTPS_PROXY: proxy.url.href } }));
    expect(error).toMatchObject({ failure: "proxy" });
    expect(proxy.seen).toEqual(["CONNECT models.invalid:443"]);
  });
});

test.skipIf(!canMountDisks())("a full disk is told as such, and what is here stays", async () => {
  await using disk = await mountDisk(join(folder.path, "small"), 128);
  path = join(disk.path, "model.onnx");
  await expect(run(pinned)).rejects.toThrow(StorageError);
  expect(await filesHere()).toEqual(["model.onnx.part", "model.onnx.part.json"]);
  disk.remount("size=1024k");
  await run(pinned);
  expect(server.requests.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
  expect(await readFile(path)).toEqual(CONTENT);
});
