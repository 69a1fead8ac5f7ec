/** What must hold of a library once a run has ended well, whatever happened before. */
import { join } from "node:path";
import { expect } from "vitest";
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

const countLeases = async (path: string): Promise<number> => {
  const { DatabaseSync } = await import("node:sqlite");
  using database = new DatabaseSync(path, { readOnly: true });
  return Number(database.prepare("select count(lease_owner) as leases from files").get()?.["leases"]);
};

export const expectWhole = async (library: TestLibrary, expected: WholeLibrary): Promise<void> => {
  const { photos, files = photos, output } = expected;
  expect((await checkCatalogueFile(library.cataloguePath)).problems).toEqual([]);
  {
    await using catalogue = await library.catalogue();
    const count = await catalogue.administration.count();
    expect({ photos: count.photos, byState: count.filesByState }).toEqual({ photos, byState: { present: files } });
    const key = await catalogue.library.activeVectorKey();
    expect(await catalogue.administration.countVectors(key?.vectorKey ?? "")).toBe(photos);
  }
  expect(await countLeases(library.cataloguePath)).toBe(0);
  const { index, catalogue, marks } = await indexAndCatalogue(library);
  expect(marks).toBe(0);
  expect(index).toEqual(catalogue);
  expect((await filesBelow(library.renditions)).filter((path) => path.endsWith(".webp"))).toHaveLength(photos);
  expect((await filesBelow(library.home)).filter((path) => path.endsWith(".writing"))).toEqual([]);
  if (output === undefined) return;
  const records = await reportedIn(output);
  expect(records.map((record) => record.file_path).toSorted()).toEqual(
    (await filesBelow(library.photos)).map((name) => join(library.photos, name)),
  );
  expect(records.filter(({ embedding, thumbnail }) => embedding.length === 0 || thumbnail === undefined)).toEqual([]);
};
