import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { assertBarePicture } from "../../../src/photo/provider-image.ts";
import { createLogger } from "../../../src/logger.ts";
import { goodAnswers } from "../../support/enrichment.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { pictureOf, startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { MARKER } from "../../support/fake-providers/scenarios.ts";
import type { SeenRequest } from "../../support/fake-providers/server.ts";
import { startFakeProvider } from "../../support/fake-providers/server.ts";
import { paintScene, pixelAt, sharpOf } from "../../support/images.ts";
import { PHOTON, runProgram } from "../../support/run-program.ts";

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };
const KEY = "sk-MARKER-key-0123456789";
const FOLDER = "MARKER-folder";
const CAPTION = "MARKER-caption";
const ARTIST = "MARKER-artist";
const LATITUDE = 48.858370123;
/** Told by photos and folders of the user; the catalogue knows them, nothing else may. */
const OF_PHOTO = [FOLDER, CAPTION, ARTIST, String(LATITUDE), "2.294481"];
/** Nowhere at all. */
const SECRET = [KEY, "MARKER-key", MARKER];

/** A photo with all that a camera and its owner write into a file: 1600 x 1000, to be turned by a quarter. */
const tellingPhoto = async (): Promise<Buffer> =>
  (await sharpOf(paintScene(1600, 1000)))
    .jpeg({ quality: 70 })
    .withExif({
      IFD0: { Artist: ARTIST, ImageDescription: CAPTION },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "48/1 51/1 30/1", GPSLongitudeRef: "E", GPSLongitude: "2/1 17/1 40/1" },
    })
    .withIccProfile("p3")
    .withMetadata({ orientation: 6 })
    .toBuffer();

const METADATA = {
  merged: { caption: CAPTION, cameraModel: "Canon EOS R6", gps: { latitude: LATITUDE, longitude: 2.294481 } },
  exif: {},
};

const addTellingPhoto = async (library: EnrichmentLibrary): Promise<string> => {
  const hash = await library.addPhoto("MARKER-name.jpg", await tellingPhoto(), { metadata: METADATA });
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  return hash;
};

/** Everything in the library that enrichment writes, as text. */
const writtenBy = async (library: EnrichmentLibrary): Promise<string> => {
  const tables = await library.sql("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'");
  const known = new Set(["files", "photos", "roots"]); // what photon knew before
  const dumps = tables
    .map(({ name }) => String(name))
    .filter((name) => !known.has(name))
    .map(async (name) => JSON.stringify(await library.sql(`select * from "${name}"`)));
  return (await Promise.all(dumps)).join("\n");
};

/** The bytes of the library's files. */
const bytesOf = async (library: EnrichmentLibrary): Promise<string> => {
  const home = join(library.folder, "home");
  const files = (await readdir(home)).filter((name) => name.startsWith("catalogue.db"));
  return (await Promise.all(files.map((name) => readFile(join(home, name), "latin1")))).join("");
};

const namesOf = (text: string, marks: readonly string[]): readonly string[] =>
  marks.filter((mark) => text.includes(mark));

/** What a request says beside its key, with the picture taken apart. */
const contentOf = (request: SeenRequest): string => {
  const { authorization: _key, ...headers } = request.headers;
  return JSON.stringify({ headers, body: request.body.toString("utf8"), path: request.path });
};

test("a photo leaves upright, small and bare, with nothing beside what the settings allow", async () => {
  await using provider = await startAnsweringProvider(() => GOOD, KEY);
  await using library = await createEnrichmentLibrary({ config: provider.config, photosFolder: FOLDER });
  await addTellingPhoto(library);

  await library.work();

  const [call, ...more] = provider.requests;
  if (call === undefined) throw new Error("Nothing was sent.");
  expect(more).toEqual([]);
  expect(namesOf(contentOf(call), [...OF_PHOTO, "MARKER"])).toEqual([]);
  const picture = pictureOf(call) ?? Buffer.alloc(0);
  expect(() => assertBarePicture(picture)).not.toThrow();
  expect(namesOf(picture.toString("latin1"), ["MARKER", "Exif", "ICC_PROFILE"])).toEqual([]);
  const { data, info } = await (await loadSharp())(picture).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([640, 1024]);
  // Turned by a quarter, the sun of the scene is at the top right.
  const [red = 0, , blue = 255] = pixelAt({ width: info.width, height: info.height, data }, 480, 205);
  expect(red).toBeGreaterThan(blue + 80);
  expect(call.headers["authorization"]).toBe(`Bearer ${KEY}`);
  expect(call.body.toString("utf8")).toContain("Canon EOS R6"); // allowed by the settings
  expect(await library.sql("select fields from privacy_ledger")).toEqual([{ fields: '["image","camera"]' }]);
});

test("what the user allows goes along, and the ledger names it", async () => {
  await using provider = await startAnsweringProvider(() => GOOD, KEY);
  const config = provider.config.replace("[llm]\n", '[llm]\nsend_fields = ["file_name", "user_caption"]\n');
  await using library = await createEnrichmentLibrary({ config, photosFolder: FOLDER });
  await addTellingPhoto(library);

  await library.work();

  const [call] = provider.calls();
  const content = call === undefined ? "" : contentOf(call);
  expect(namesOf(content, [...OF_PHOTO, "MARKER-name", "Canon"])).toEqual([CAPTION, "MARKER-name"]);
  expect(await library.sql("select fields from privacy_ledger")).toEqual([
    { fields: '["image","file_name","caption"]' },
  ]);
});

test("transparency becomes white", async () => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const sharp = await loadSharp();
  const create = { width: 60, height: 40, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } as const;
  const hash = await library.addPhoto("clear.png", await sharp({ create }).png().toBuffer());
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  await library.work();

  const [call] = provider.calls();
  const { dominant } = await sharp(call === undefined ? undefined : pictureOf(call)).stats();
  expect(Math.min(dominant.r, dominant.g, dominant.b)).toBeGreaterThan(240);
});

/** Failures with the provider's own words in them, one of each class. */
const SCENARIOS = ["e400", "e401", "e404", "e429", "e500", "html200", "err200", "badjson", "refusal", "mod403"];

test.each(SCENARIOS)("after %s nothing of key, provider's words and photo is written or logged", async (scenario) => {
  await using server = await startFakeProvider();
  const lines: string[] = [];
  const logger = createLogger({ level: "trace", format: "json", write: (line) => lines.push(line) });
  const config = `[llm]\nprovider = "openai"\nmax_retries = 0\n[llm.openai]\nendpoint = ${JSON.stringify(server.endpoint("openai", scenario))}\napi_key = "${KEY}"\n`;
  await using library = await createEnrichmentLibrary({ config, photosFolder: FOLDER, logger });
  await addTellingPhoto(library);
  const stop = new AbortController();

  const working = (await library.workers()).work({
    signal: stop.signal,
    finish: new AbortController().signal,
    role: "test",
  });
  const settled = async (): Promise<number> => {
    const booked = await library.sql("select call_id from llm_call_logs where completed_at is not null");
    const running = await library.sql("select id from jobs where state = 'running'");
    return booked.length > 0 && running.length === 0 ? booked.length : 0;
  };
  await expect.poll(settled, { timeout: 60_000 }).toBeGreaterThan(0);
  stop.abort();
  await working;

  const written = await writtenBy(library);
  const logged = lines.join("\n");
  expect(logged).not.toBe("");
  expect(written).toContain("image_tag");
  expect(namesOf(written, [...OF_PHOTO, ...SECRET])).toEqual([]);
  expect(namesOf(logged, [...OF_PHOTO, ...SECRET, "MARKER-name", library.folder])).toEqual([]);
  expect(namesOf(await bytesOf(library), SECRET)).toEqual([]);
  for (const request of server.requests) expect(namesOf(contentOf(request), [...OF_PHOTO, KEY])).toEqual([]);
});

test("a worker process says nothing of them either, at its most talkative", async () => {
  await using server = await startFakeProvider();
  const config = `[llm]\nprovider = "openai"\n[llm.openai]\nendpoint = ${JSON.stringify(server.endpoint("openai", "e401"))}\n`;
  await using library = await createEnrichmentLibrary({
    config,
    photosFolder: FOLDER,
    environment: { OPENAI_API_KEY: KEY },
  });
  await addTellingPhoto(library);

  const ended = await runProgram(PHOTON, ["--verbose", "--json-logs", "worker", "enrichment"], {
    environment: library.environment,
  });

  expect(ended.code).toBe(0);
  expect(server.requests.length).toBeGreaterThan(0);
  expect(ended.stdout).toBe("");
  expect(namesOf(ended.stderr, [...OF_PHOTO, ...SECRET, "MARKER-name", library.folder])).toEqual([]);
  expect(await library.sql("select reason from pauses")).toEqual([{ reason: "AUTH" }]);
  expect(namesOf(await bytesOf(library), SECRET)).toEqual([]);
});
