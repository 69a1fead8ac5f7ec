/** Several photons on one library at once: nothing is done twice, nothing is left, everybody gets all records. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openCatalogue } from "../../src/catalogue/catalogue.ts";
import type { CoreRecord } from "../support/cli.ts";
import { linesOf, outputPath, processWords, reportedIn, runPhotonIn, startPhoton, until } from "../support/cli.ts";
import { problemsOf } from "../support/whole-library.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { createTestPipeline } from "../support/pipeline.ts";
import { sourceOf, writePhotos } from "../support/photos.ts";
import type { ProgramResult } from "../support/run-program.ts";

/** More than one run claims before the others come, see pipeline.buffer_size. */
const PHOTOS = 240;

const byPath = (records: readonly CoreRecord[]): readonly CoreRecord[] =>
  records.toSorted((left, right) => (left.file_path < right.file_path ? -1 : 1));

/** Times a photo was stored: its revision, when it has one file. */
const timesStored = async (library: TestLibrary): Promise<readonly number[]> => {
  await using catalogue = await library.catalogue();
  return [...new Set((await catalogue.index.allRevisions()).map(({ rev }) => rev))];
};

const codes = (results: readonly ProgramResult[]): readonly unknown[] =>
  results.map(({ code, stderr }) => (code === 0 ? 0 : stderr));

describe("runs at once", () => {
  test("three on one folder of a new library share the work; each writes all records", async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: PHOTOS });
    const outputs = ["a.jsonl", "b.jsonl", "c.jsonl"].map((name) => outputPath(library, name));
    const results = await Promise.all(
      outputs.map((output) => runPhotonIn(library, processWords(library, "--output", output))),
    );
    expect(codes(results)).toEqual([0, 0, 0]);
    const [first = [], ...others] = await Promise.all(outputs.map(async (output) => byPath(await reportedIn(output))));
    for (const other of others) expect(other).toEqual(first);
    expect(await timesStored(library)).toEqual([1]);
    for (const output of outputs) expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
  });

  test("on overlapping folders: an outer one, inner ones, and a file", async () => {
    await using library = await createTestLibrary();
    const names = await writePhotos(library.photos, { count: 120, perFolder: 40 });
    const jsonl = (...inputs: readonly string[]): Promise<ProgramResult> =>
      runPhotonIn(library, ["process", ...inputs, "--format", "jsonl", "--quiet"]);
    const inside = (name: string): string => join(library.photos, name);
    const results = await Promise.all([
      jsonl(inside("folder-000")),
      jsonl(library.photos),
      jsonl(inside("folder-001"), inside(names[2] ?? "")),
    ]);
    expect(codes(results)).toEqual([0, 0, 0]);
    expect(results.map(({ stdout }) => stdout.split("\n").length - 1)).toEqual([40, 120, 41]);
    // stored once; photos of an inner root change once more when the outer one absorbs it
    expect(Math.max(...(await timesStored(library)))).toBeLessThanOrEqual(2);
    expect(await problemsOf(library, { photos: 120 })).toEqual([]);
  });

  test("copies that different runs meet make one photo", async () => {
    await using library = await createTestLibrary();
    const names = await writePhotos(library.photos, { count: 60 });
    await Promise.all(names.map((name) => copyFile(join(library.photos, name), join(library.photos, `copy-${name}`))));
    const results = await Promise.all(Array.from({ length: 2 }, () => runPhotonIn(library, processWords(library))));
    expect(codes(results)).toEqual([0, 0]);
    expect(await problemsOf(library, { photos: 60, files: 120 })).toEqual([]);
  });

  test("when one of three is killed the others take over its files and finish", async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: PHOTOS });
    const outputs = ["a.jsonl", "b.jsonl", "c.jsonl"].map((name) => outputPath(library, name));
    const runs = outputs.map((output) => startPhoton(library, processWords(library, "--output", output)));
    const victim = await until("a run with records", async () => {
      const counts = await Promise.all(outputs.map(linesOf));
      const ahead = counts.findIndex((count) => count >= 20);
      return ahead === -1 ? undefined : ahead;
    });
    runs[victim]?.child.kill("SIGKILL");
    const results = await Promise.all(runs.map(({ ended }) => ended));
    expect(results[victim]?.code).toBe("SIGKILL");
    const survivors = outputs.filter((_, position) => position !== victim);
    expect(codes(results.filter((_, position) => position !== victim))).toEqual([0, 0]);
    for (const output of survivors) expect(await problemsOf(library, { photos: PHOTOS, output })).toEqual([]);
  });

  test("an index rebuild beside a run leaves the index equal to the catalogue", async () => {
    await using library = await createTestLibrary();
    await writePhotos(library.photos, { count: 60 });
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    const results = await Promise.all([
      runPhotonIn(library, processWords(library, "--force")),
      runPhotonIn(library, ["index", "rebuild"]),
    ]);
    expect(codes(results)).toEqual([0, 0]);
    expect(await problemsOf(library, { photos: 60 })).toEqual([]);
  });
});

test("a root that another process absorbs in the middle of a run does not end the run", async () => {
  await using pipeline = await createTestPipeline();
  const names = await writePhotos(join(pipeline.photos, "inner"), { count: 2 });
  const inner = join(pipeline.photos, "inner");
  await using other = await openCatalogue({ path: pipeline.catalogue.path });
  async function* sources() {
    yield sourceOf(inner, names[0] ?? "");
    await until("the first photo", async () => {
      const { photos } = await other.administration.count();
      return photos === 1 ? true : undefined;
    });
    await other.roots.visit(Buffer.from(pipeline.photos));
    yield sourceOf(inner, names[1] ?? "");
  }
  const seen: string[] = [];
  for await (const { status } of pipeline.run(sources())) seen.push(status);
  expect(seen).toEqual(["done", "done"]);
  expect((await other.roots.list()).map(({ path }) => path.toString())).toEqual([pipeline.photos]);
  expect(await other.administration.count()).toMatchObject({ photos: 2, filesByState: { present: 2 } });
});
