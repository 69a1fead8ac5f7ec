/** A library of many photos without a single file: rows written straight into the catalogue, then indexed. */
import type { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import type { AdministrationApi } from "../../src/library/administration.ts";
import type { EnrichmentLibrary } from "./enrichment-library.ts";
import { createEnrichmentLibrary } from "./enrichment-library.ts";
import { openPhoton } from "./open-photon.ts";
import { randomFrom } from "./photos.ts";

const PER_FOLDER = 200;
/** Every so many photos there is one more that looks the same. */
const TWIN_EVERY = 5;
const COPY_EVERY = 50;
const TAGS = 12;
/** So many of the first and of the last photos have texts as long as photon stores them; those between have short ones. */
const WORDY = 150;
/** Every photo with long texts is found by it. */
export const WORDY_KEYWORD = "wordy";
const MINUTE_MS = 60_000;

/** Texts as long as photon stores them, with what JSON makes longer. */
const LONG_CAPTION = 'He said "look\\here" & wrote: '.repeat(80).slice(0, 2000);
const LONG_NAME = `${'a "quoted" name '.repeat(12)}`.slice(0, 180);

const hex = (random: () => number, bytes: number): string =>
  Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, "0"),
  ).join("");

interface Row {
  readonly hash: string;
  readonly number: number;
  readonly isWordy: boolean;
}

const insertPhotos = (database: DatabaseSync, rows: readonly Row[], random: () => number): void => {
  const photo = database.prepare(
    `insert into photos (content_hash, rev, format, file_size, width, height, orientation, captured_local, captured_key,
      camera_make, camera_model, latitude, longitude, rating, title, caption, keywords, favourite, exif, perceptual_hash,
      created_at, updated_at)
      values (?, 1, 'jpeg', ?, 4000, 3000, 1, ?, ?, 'NIKON', 'D750', ?, ?, ?, ?, ?, ?, 0, '{}', ?, ?, 1)`,
  );
  const tag = database.prepare(
    `insert into tags (content_hash, name, source, ancestors, confidence, rank, created_at)
      values (?, ?, 'zero-shot', '[]', 0.9, ?, 1)`,
  );
  let print = Buffer.alloc(18);
  for (const { hash, number, isWordy } of rows) {
    if (number % TWIN_EVERY !== 0) print = Buffer.from(hex(random, 18), "hex");
    const at = Date.UTC(2010, 0, 1) + number * 90 * MINUTE_MS;
    const [latitude, longitude] = number % 3 === 0 ? [48 + random(), 11 + random()] : [null, null];
    const local = new Date(at).toISOString().slice(0, 19);
    const keywords = JSON.stringify(isWordy ? [WORDY_KEYWORD, `keyword ${number}`] : []);
    const [title, caption] = isWordy ? [LONG_NAME, LONG_CAPTION] : ["short", null];
    photo.run(
      hash,
      1_000_000 + number,
      local,
      at,
      latitude,
      longitude,
      number % 6,
      title,
      caption,
      keywords,
      print,
      number,
    );
    for (let rank = 0; rank < (isWordy ? TAGS : 1); rank += 1)
      tag.run(hash, `tag ${(number * 7 + rank * 13) % 400} of many`, rank);
  }
};

const insertFiles = (database: DatabaseSync, rows: readonly Row[], root: string): void => {
  database.prepare("insert into roots (id, path, kind, created_at) values (1, ?, 'visited', 1)").run(Buffer.from(root));
  const file = database.prepare(
    `insert into files (root_id, path, size, mtime_ns, ctime_ns, inode, content_hash, state, tries, crashes,
      first_seen_at, updated_at) values (1, ?, 1000, 1, 1, 1, ?, 'present', 0, 0, 1, 1)`,
  );
  for (const { hash, number, isWordy } of rows) {
    const folder = `A folder whose name is long enough to matter ${Math.floor(number / PER_FOLDER)}`;
    file.run(Buffer.from(`${folder}/${isWordy ? LONG_NAME : ""} ${number}.jpg`), hash);
    if (number % COPY_EVERY === 0) file.run(Buffer.from(`${folder}/copy of ${number}.jpg`), hash);
  }
};

const insertDescriptions = (database: DatabaseSync, rows: readonly Row[], executionId: string): void => {
  const document = database.prepare(
    `insert into documents (document_id, document_type, scope_id, version, content, created_at, created_by_step,
      execution_id, prompt_version, prompt_hash, model)
      values (?, 'image_tag', ?, ?, ?, 1700000000000, 'image_tag', ?, 1, '', 'some-model')`,
  );
  const state = database.prepare(
    `insert into enrichments (scope_id, document_type, kind, state, document_id, confirmed_document_id, updated_at)
      values (?, 'image_tag', 'image_tag', 'CONFIRMED', ?, ?, 1)`,
  );
  const photo = database.prepare("update photos set llm_title = ?, enriched_description = ? where content_hash = ?");
  const event = database.prepare(
    "insert into events (user_id, message_type, content, created_at) values (1, 'llm_image_tag_result', ?, 1700000000000)",
  );
  const tags = Array.from({ length: 10 }, (_, place) => `described ${place} "tag"`);
  const content = JSON.stringify({ status: "ok", title: LONG_NAME, summary: LONG_CAPTION, tags });
  for (const { hash, number } of rows.filter(({ isWordy }) => isWordy)) {
    const versions = [1, 2, 3, 4].map((version) => `${String(number).padStart(22, "0")}${version}DOC`);
    versions.forEach((id, place) => document.run(id, hash, place + 1, content, executionId));
    const last = versions.at(-1) ?? "";
    state.run(hash, last, last);
    photo.run(LONG_NAME, LONG_CAPTION, hash);
    event.run(JSON.stringify({ scope_id: hash, document_type: "image_tag" }));
  }
};

export interface LargeLibrary extends AsyncDisposable {
  readonly library: EnrichmentLibrary;
  /** Content hashes, in order of capture; wordy ones are described, a fifth has a twin, a few have a copy. */
  readonly hashes: readonly string[];
}

export const createLargeLibrary = async (photos: number): Promise<LargeLibrary> => {
  const library = await createEnrichmentLibrary();
  const random = randomFrom(1);
  const rows = Array.from({ length: photos }, (_, number) => ({
    number,
    hash: hex(random, 32),
    isWordy: number < WORDY || number >= photos - WORDY,
  }));
  {
    const { DatabaseSync: Database } = await import("node:sqlite");
    await using _migrated = await openCatalogue({ path: library.cataloguePath });
    using database = new Database(library.cataloguePath);
    database.exec("begin immediate");
    insertPhotos(database, rows, random);
    insertFiles(database, rows, join(library.folder, "photos"));
    insertDescriptions(database, rows, library.executionId);
    database.exec("commit");
  }
  await using photon: AdministrationApi & AsyncDisposable = openPhoton(library);
  await photon.rebuildIndex({ signal: new AbortController().signal });
  return { library, hashes: rows.map(({ hash }) => hash), [Symbol.asyncDispose]: () => library[Symbol.asyncDispose]() };
};
