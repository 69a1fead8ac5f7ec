/** What becomes of photos when their files were processed, as the outbox tells it. */
import { describe, expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import type { PhotoFailureCode } from "../../../src/errors.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import {
  claimOne,
  createTestCatalogue,
  finishedFile,
  statOf,
  storePhoto,
  updateOf,
  visitRoot,
} from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

const addRoot = async ({ roots }: Catalogue, path = "/photos"): Promise<number> => {
  const identity = { device: "1", inode: "2", fileSystem: "ext4" };
  return (await roots.add({ path: Buffer.from(path), identity, watch: true, mode: "auto", options: {} })).id;
};

/** `type content path`, with what came before. */
const eventsOf = async ({ events }: Catalogue, contents: readonly string[]): Promise<readonly string[]> => {
  const names = new Map(contents.map((content) => [hashOf(content), content]));
  const nameOf = (hash: unknown): string => names.get(String(hash)) ?? "?";
  return (await events.read({ after: 0, limit: 100 })).map(({ type, content }) => {
    const { scope_id: hash, path, from, before } = content;
    const origin = before === undefined ? from : nameOf(before);
    return [type, nameOf(hash), path, ...(origin === undefined ? [] : ["from", origin])].join(" ");
  });
};

const fail = async (catalogue: Catalogue, rootId: number, name: string, reason: PhotoFailureCode): Promise<void> => {
  const claim = await claimOne(catalogue, rootId, name);
  await catalogue.files.quarantine([{ claim, stat: statOf(), reason, message: "no", reasonKey: "k" }]);
};

const rowsOf = ({ sql }: TestCatalogue) =>
  sql(
    "select cast(path as text) as path, state, content_hash is not null as known, todo, lease_owner from files order by path",
  );

describe("events of photos", () => {
  test("the first file of a content adds the photo, others are copies, and again the same is nothing", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await storePhoto(catalogue, { rootId, name: "copy.jpg", content: "a" });
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    expect(await eventsOf(catalogue, ["a"])).toEqual(["photo_added a a.jpg"]);
  });

  test("two copies in one commit are one photo", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    const claims = [await claimOne(catalogue, rootId, "a.jpg"), await claimOne(catalogue, rootId, "b.jpg")];
    await catalogue.photos.commit({ updates: [updateOf("a")], files: claims.map((claim) => finishedFile(claim, "a")) });
    expect(await eventsOf(catalogue, ["a"])).toEqual(["photo_added a a.jpg"]);
  });

  test("another content at a known path is an edit", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "b" });
    expect((await eventsOf(catalogue, ["a", "b"])).slice(1)).toEqual(["photo_edited b a.jpg from a"]);
  });

  test("an edit that cannot be read at first is one when it can", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await fail(catalogue, rootId, "a.jpg", "decode_failed");
    await fail(catalogue, rootId, "a.jpg", "decode_failed");
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "b" });
    expect((await eventsOf(catalogue, ["a", "b"])).slice(1)).toEqual([
      "photo_missing a a.jpg",
      "photo_edited b a.jpg from a",
    ]);
  });

  test("a content that was missing is restored, wherever it comes back, and the places it was missed at go", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    for (const name of ["a.jpg", "copy.jpg"]) await storePhoto(catalogue, { rootId, name, content: "a" });
    for (const name of ["a.jpg", "copy.jpg"]) await fail(catalogue, rootId, name, "not_found");
    await storePhoto(catalogue, { rootId, name: "new/a.jpg", content: "a" });
    expect((await eventsOf(catalogue, ["a"])).slice(1)).toEqual([
      "photo_missing a copy.jpg",
      "photo_restored a new/a.jpg from a.jpg",
    ]);
    expect((await rowsOf(setup)).map(({ path }) => path)).toEqual(["new/a.jpg"]);
  });

  test("a photo that lost its rows is restored, not added", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await addRoot(catalogue);
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await catalogue.roots.remove(rootId);
    await storePhoto(catalogue, { rootId: await addRoot(catalogue), name: "a.jpg", content: "a" });
    expect((await eventsOf(catalogue, ["a"])).at(-1)).toBe("photo_restored a a.jpg");
  });

  test("what the user has forgotten is passed by, until it is named", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await visitRoot(catalogue);
    const hash = await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await catalogue.administration.forget([hash]);
    await storePhoto(catalogue, { rootId, name: "copy.jpg", content: "a" });
    expect(await eventsOf(catalogue, ["a"])).toEqual(["photo_added a a.jpg"]);
    expect(await catalogue.administration.photosByHash([hash])).toEqual([]);
  });
});

describe("a file that cannot be processed", () => {
  test("is left to the scan when it is gone from a root that is watched", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await addRoot(catalogue);
    await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
    await fail(catalogue, rootId, "a.jpg", "not_found");
    expect(await rowsOf(setup)).toEqual([{ path: "a.jpg", state: "present", known: 1, todo: null, lease_owner: null }]);
    expect(await eventsOf(catalogue, ["a"])).toEqual(["photo_added a a.jpg"]);
  });

  test("is looked at again when it changed while it was read, and a scan had found it", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue, clock } = setup;
    const rootId = await addRoot(catalogue);
    const stat = statOf();
    await catalogue.scans.apply({
      rootId,
      found: [{ path: Buffer.from("a.jpg"), stat }],
      changed: [],
      moved: [],
      returned: [],
      missed: [],
      excluded: [],
      priority: 0,
      settleAt: clock.now(),
    });
    const [waiting] = await catalogue.todo.toSettle(10);
    await catalogue.todo.settled([{ id: waiting?.id ?? 0, result: "whole" }]);
    expect(await catalogue.todo.toProcess(10)).toHaveLength(1);
    await fail(catalogue, rootId, "a.jpg", "unstable_file");
    expect(await rowsOf(setup)).toMatchObject([{ state: "pending", todo: "settle", lease_owner: null }]);
    clock.advance(2000);
    expect(await catalogue.todo.toSettle(10)).toHaveLength(1);
  });

  test("is quarantined when it is bad, and nothing is to be done about it", async () => {
    await using setup = await createTestCatalogue();
    const { catalogue } = setup;
    const rootId = await addRoot(catalogue);
    await fail(catalogue, rootId, "a.jpg", "decode_failed");
    expect(await rowsOf(setup)).toMatchObject([{ state: "quarantined", known: 0, todo: null }]);
  });
});
