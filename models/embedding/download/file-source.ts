/** Where the files of a model come from: servers, a folder, or another precision of the model that is here already. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemCode } from "../../../src/errors.ts";
import { hashMismatch } from "../file-hash.ts";
import { fileUrls } from "./base-url.ts";
import { DownloadError } from "./download-error.ts";
import type { DownloadDeps, DownloadWatch, FetchedFile, WantedFile } from "./download-file.ts";
import { downloadFile } from "./download-file.ts";
import type { DownloadPlan, PlannedFile } from "./download-plan.ts";
import { openPart } from "./part-file.ts";

const READ_BYTES = 1024 * 1024;

export type ModelSource =
  | { readonly kind: "servers"; readonly baseUrls: readonly URL[] }
  | { readonly kind: "folder"; readonly directory: string };

const sizeOf = async (path: string): Promise<number | undefined> => {
  try {
    const facts = await stat(path);
    return facts.isFile() ? facts.size : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT" || systemCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
};

/** Copies through the part, so that a copy is as safe as a download. @throws DownloadError when it is another file */
const copyFile = async (file: WantedFile, from: string, watch: DownloadWatch): Promise<FetchedFile> => {
  await using part = await openPart(file.path, file, watch.signal);
  await part.restart();
  const chunks: AsyncIterable<Buffer> = createReadStream(from, { highWaterMark: READ_BYTES, signal: watch.signal });
  for await (const chunk of chunks) {
    await part.append(chunk);
    watch.onBytes(part.bytes);
  }
  const { bytes } = part;
  const hashes = await part.finish();
  const difference = hashMismatch(file, hashes);
  if (difference !== undefined) {
    await part.remove();
    const { algorithm, expected, received } = difference;
    throw new DownloadError("wrong_hash", `Expected ${from} with ${algorithm} ${expected}, received ${received}.`, {
      hint: "This is another version of the file: fetch the one whose address `photon models download --dry-run` prints.",
      details: { file: file.name, algorithm, expected, received },
    });
  }
  await part.publish();
  return { bytes, ...hashes };
};

/** Repositories keep towers in folders; people who fetch them by hand seldom do. */
const inFolder = async (file: WantedFile, directory: string): Promise<string> => {
  const places = [join(directory, file.name), join(directory, basename(file.name))];
  const sizes = await Promise.all(places.map(sizeOf));
  const fitting = places.find(
    (_, index) => sizes[index] !== undefined && sizes[index] === (file.bytes ?? sizes[index]),
  );
  if (fitting !== undefined) return fitting;
  const other = sizes.find((size) => size !== undefined);
  const received = other === undefined ? "no such file" : `one of ${other} bytes`;
  throw new DownloadError(
    other === undefined ? "missing_file" : "wrong_size",
    `Expected ${file.name}${file.bytes === undefined ? "" : ` of ${file.bytes} bytes`} in ${directory}, received ${received}.`,
    { hint: "`photon models download --dry-run` prints every file with its size, hash and address." },
  );
};

/** The same file of another revision or precision of this model. */
const findSibling = async (file: WantedFile, plan: DownloadPlan): Promise<string | undefined> => {
  if (file.bytes === undefined || (file.sha256 ?? file.blake3) === undefined) return undefined;
  const home = dirname(plan.directory);
  const folders = await readdir(home).catch(() => []); // the model's first folder
  for (const folder of folders.filter((name) => !name.startsWith(".") && join(home, name) !== plan.directory)) {
    const path = join(home, folder, file.name);
    if ((await sizeOf(path)) === file.bytes) return path;
  }
  return undefined;
};

const copyIfSame = async (file: WantedFile, from: string, watch: DownloadWatch): Promise<FetchedFile | undefined> => {
  try {
    return await copyFile(file, from, watch);
  } catch (error) {
    if (error instanceof DownloadError) return undefined; // of equal size, but another file
    throw error;
  }
};

/** The file as the manifest wants it, under its name. */
export const fetchFile = async (
  planned: PlannedFile,
  { plan, source, deps }: { readonly plan: DownloadPlan; readonly source: ModelSource; readonly deps: DownloadDeps },
  watch: DownloadWatch,
): Promise<FetchedFile> => {
  const { path: name, bytes, sha256, blake3 } = planned;
  const { revision } = plan;
  const { repo } = plan.recipe;
  const baseUrls = source.kind === "servers" ? source.baseUrls : [];
  // Without a hash that came with photon nothing tells whether another repository holds the same file.
  const mirrors = plan.isPinned ? (plan.recipe.mirrors ?? []) : [];
  const file: WantedFile = {
    name,
    path: join(plan.directory, name),
    bytes,
    sha256,
    blake3,
    urls: fileUrls({ baseUrls, repo, revision, mirrors }, name),
  };
  const sibling = await findSibling(file, plan);
  const reused = sibling === undefined ? undefined : await copyIfSame(file, sibling, watch);
  if (reused !== undefined) return reused;
  if (source.kind === "folder") return copyFile(file, await inFolder(file, source.directory), watch);
  return downloadFile(file, deps, watch);
};
