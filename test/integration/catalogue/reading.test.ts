import { mkdir, rename } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { createTestCatalogue, storePhoto, visitRoot } from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";
import { temporaryFolder } from "../../support/photos.ts";

test("what a search asks for does not wait for a process that is writing", async () => {
  await using library = await createTestCatalogue();
  const { catalogue, path } = library;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  const id = await catalogue.search.libraryId();
  using writer = new DatabaseSync(path);
  writer.exec("begin immediate");
  expect(await catalogue.search.libraryId()).toBe(id);
  expect(await catalogue.search.counts()).toMatchObject({ isEmpty: false });
  expect(await catalogue.search.summaries([hashOf("a")])).toHaveLength(1);
  expect(await catalogue.search.folders()).toEqual(["/photos"]);
  expect(await catalogue.library.activeVectorKey()).toBeUndefined();
  writer.exec("rollback");
});

test("copies on a disk that is there come before those on one that is not", async () => {
  await using folder = await temporaryFolder();
  await using catalogue = await openCatalogue({ path: join(folder.path, "catalogue.db") });
  const [first, second] = [join(folder.path, "a-disk"), join(folder.path, "b-disk")] as const;
  for (const disk of [first, second]) {
    await mkdir(disk);
    await storePhoto(catalogue, { rootId: await visitRoot(catalogue, disk), name: "x.jpg", content: "x" });
  }
  const places = async () =>
    (await catalogue.search.summaries([hashOf("x")])).flatMap((photo) =>
      photo.places.map(({ rootPath, online }) => [rootPath, online]),
    );
  expect(await places()).toEqual([
    [first, true],
    [second, true],
  ]);
  await rename(first, `${first}-unplugged`);
  expect(await places()).toEqual([
    [second, true],
    [first, false],
  ]);
});

test("asking for a role that another process holds does not wait for a writer either", async () => {
  await using library = await createTestCatalogue();
  const holder = await library.another();
  await holder.leases.take("committer");
  using writer = new DatabaseSync(library.path);
  writer.exec("begin immediate");
  expect(await library.catalogue.leases.take("committer")).toBeUndefined();
  expect(await library.catalogue.leases.holder("committer")).toBeDefined();
  writer.exec("rollback");
});

test("the last that came are listed first, page by page, without what nobody sees", async () => {
  await using library = await createTestCatalogue();
  const { catalogue, clock } = library;
  const start = clock.now();
  const rootId = await visitRoot(catalogue);
  for (const name of ["a", "b", "c", "d"]) {
    clock.advance(10);
    await storePhoto(catalogue, { rootId, name: `${name}.jpg`, content: name });
  }
  await catalogue.administration.forget([hashOf("c")]);
  const [d, b, a] = [hashOf("d"), hashOf("b"), hashOf("a")];
  expect(await catalogue.search.newestAdded({ limit: 2, offset: 0 })).toEqual([d, b]);
  expect(await catalogue.search.newestAdded({ limit: 2, offset: 2 })).toEqual([a]);
  const keys = await catalogue.search.sortKeys([a, d, hashOf("nowhere")]);
  expect(keys).toEqual(
    new Map([
      [a, { capturedKey: undefined, addedAt: start + 10 }],
      [d, { capturedKey: undefined, addedAt: start + 40 }],
    ]),
  );
});
