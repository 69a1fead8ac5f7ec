/** What must hold of a library once a run has ended well, whatever happened before. */
import { join } from "node:path";
import { checkCatalogueFile } from "../../src/catalogue/check.ts";
import { reportedIn } from "./cli.ts";
import type { TestLibrary } from "./library.ts";
import { filesBelow, indexAndCatalogue } from "./library.ts";

export interface WholeLibrary {
  /** Photos with a content of their own. */
  readonly photos: number;
  /** Files that hold them; unset = one each. */
  readonly files?: number;
  /** A jsonl file that must hold each file exactly once. */
  readonly output?: string;
}

/** A sentence for each difference. */
type Problems = readonly string[];

const difference = (what: string, expected: unknown, found: unknown): Problems => {
  const [wanted, got] = [JSON.stringify(expected), JSON.stringify(found)];
  return wanted === got ? [] : [`Expected ${wanted} for ${what}, found ${got}.`];
};

const listDifference = (what: string, expected: readonly string[], found: readonly string[]): Problems => {
  const missing = expected.filter((item) => !found.includes(item)).slice(0, 5);
  const surplus = found.filter((item, at) => !expected.includes(item) || found.indexOf(item) !== at).slice(0, 5);
  return difference(
    what,
    { length: expected.length, missing: [], surplus: [] },
    { length: found.length, missing, surplus },
  );
};

const countLeases = async (path: string): Promise<number> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(path, { readOnly: true });
  return Number(database.prepare("select count(lease_owner) as leases from files").get()?.["leases"]);
};

const catalogueProblems = async (library: TestLibrary, photos: number, files: number): Promise<Problems> => {
  await using catalogue = await library.catalogue();
  const count = await catalogue.administration.count();
  const key = await catalogue.library.activeVectorKey();
  return [
    ...difference("photos", photos, count.photos),
    ...difference("files by state", { present: files }, count.filesByState),
    ...difference("vectors", photos, await catalogue.administration.countVectors(key?.vectorKey ?? "")),
    ...difference("leases", 0, await countLeases(library.cataloguePath)),
  ];
};

const indexProblems = async (library: TestLibrary): Promise<Problems> => {
  const { index, catalogue, marks } = await indexAndCatalogue(library);
  return [...difference("marks", 0, marks), ...listDifference("rows of the index", catalogue, index)];
};

const folderProblems = async (library: TestLibrary, photos: number): Promise<Problems> => {
  const files = await filesBelow(library.home);
  return [
    ...difference(
      "thumbnails",
      photos,
      (await filesBelow(library.renditions)).filter((name) => name.endsWith(".webp")).length,
    ),
    ...difference(
      "markers of writers",
      [],
      files.filter((name) => name.endsWith(".writing")),
    ),
  ];
};

const outputProblems = async (library: TestLibrary, output: string): Promise<Problems> => {
  const records = await reportedIn(output);
  const poor = records.filter(({ embedding, thumbnail }) => embedding.length === 0 || thumbnail === undefined);
  return [
    ...listDifference(
      "records",
      (await filesBelow(library.photos)).map((name) => join(library.photos, name)),
      records.map((record) => record.file_path),
    ),
    ...difference(
      "records that lack a part",
      [],
      poor.map((record) => record.file_path),
    ),
  ];
};

/** Empty when every photo is there once, index and catalogue agree, and nothing is left over. */
export const problemsOf = async (library: TestLibrary, expected: WholeLibrary): Promise<Problems> => {
  const { photos, files = photos, output } = expected;
  return [
    ...(await checkCatalogueFile(library.cataloguePath)).problems,
    ...(await catalogueProblems(library, photos, files)),
    ...(await indexProblems(library)),
    ...(await folderProblems(library, photos)),
    ...(output === undefined ? [] : await outputProblems(library, output)),
  ];
};
