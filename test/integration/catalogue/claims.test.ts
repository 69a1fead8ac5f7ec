import { expect, test } from "vitest";
import { CRASH_LIMIT, FILE_LEASE_MS } from "../../../src/catalogue/file-repository.ts";
import {
  claimOne,
  createTestCatalogue,
  deadOwner,
  finishedFile,
  placeOf,
  statOf,
  storePhoto,
  updateOf,
  visitRoot,
} from "../../support/catalogues.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, number) => `${number}.jpg`);

/** Whoever holds leases now is dead. */
const killHolders = async ({ sql }: TestCatalogue): Promise<void> => {
  await sql("update files set lease_owner = ? where lease_owner is not null", await deadOwner());
};

test("sixteen files are claimed at once, and two owners never share one", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const rootId = await visitRoot(setup.catalogue);
  const mine = await setup.catalogue.files.claim(names(16).map((name) => placeOf(rootId, name)));
  const theirs = await other.files.claim(names(20).map((name) => placeOf(rootId, name)));
  expect(mine.every((claim) => claim !== undefined)).toBe(true);
  expect(theirs.map((claim) => claim !== undefined)).toEqual([...Array(16).fill(false), ...Array(4).fill(true)]);
});

test("an owner does not get a file twice", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  await claimOne(setup.catalogue, rootId, "a.jpg");
  expect(await setup.catalogue.files.claim([placeOf(rootId, "a.jpg")])).toEqual([undefined]);
});

test("the heartbeat keeps claims; without it they end", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const rootId = await visitRoot(setup.catalogue);
  const claim = await claimOne(setup.catalogue, rootId, "a.jpg");
  setup.clock.advance(FILE_LEASE_MS - 1);
  await setup.catalogue.files.heartbeat();
  setup.clock.advance(FILE_LEASE_MS - 1);
  expect(await other.files.claim([placeOf(rootId, "a.jpg")])).toEqual([undefined]);
  setup.clock.advance(1);
  expect(await other.files.claim([placeOf(rootId, "a.jpg")])).toMatchObject([{ fileId: claim.fileId, crashes: 1 }]);
});

test("what the first owner still writes after its lease was taken is not stored", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const rootId = await visitRoot(setup.catalogue);
  const late = await claimOne(setup.catalogue, rootId, "a.jpg");
  setup.clock.advance(FILE_LEASE_MS);
  const current = await claimOne(other, rootId, "a.jpg");
  await setup.catalogue.photos.commit({ updates: [updateOf("old")], files: [finishedFile(late, "old")] });
  await setup.catalogue.files.quarantine([
    { claim: late, stat: statOf(), reason: "decode_failed", message: "late", reasonKey: "k" },
  ]);
  await setup.catalogue.files.release([late]);
  expect(await setup.catalogue.files.workAlone(late)).toBeUndefined();
  expect(await setup.catalogue.files.find(rootId, [Buffer.from("a.jpg")])).toMatchObject([{ state: "pending" }]);
  await other.photos.commit({ updates: [updateOf("new")], files: [finishedFile(current, "new")] });
  expect(await setup.catalogue.files.find(rootId, [Buffer.from("a.jpg")])).toMatchObject([
    { state: "present", contentHash: hashOf("new") },
  ]);
});

test("a released file is free at once and counts no crash", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  const claim = await claimOne(setup.catalogue, rootId, "a.jpg");
  await setup.catalogue.files.release([claim]);
  expect(await (await setup.another()).files.claim([placeOf(rootId, "a.jpg")])).toMatchObject([{ crashes: 0 }]);
});

test("deaths in company make suspects, but never more than that", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  const seen: boolean[] = [];
  for (let death = 0; death < 10; death += 1) {
    const { isSuspect, crashes } = await claimOne(setup.catalogue, rootId, "a.jpg");
    expect(crashes).toBeLessThan(CRASH_LIMIT);
    seen.push(isSuspect);
    await killHolders(setup);
  }
  expect(seen.slice(0, 4)).toEqual([false, false, true, true]);
});

test("three deaths alone reach the limit", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  const counted: number[] = [];
  for (let death = 0; death < 5; death += 1) {
    const claim = await claimOne(setup.catalogue, rootId, "a.jpg");
    counted.push(claim.crashes);
    if (claim.isSuspect) expect(await setup.catalogue.files.workAlone(claim)).toBeDefined();
    await killHolders(setup);
  }
  expect(counted).toEqual([0, 1, 2, 3, 4]);
  expect((await claimOne(setup.catalogue, rootId, "a.jpg")).crashes).toBe(CRASH_LIMIT);
});

test("a death after the time alone counts as one in company", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  for (let death = 0; death < 6; death += 1) {
    const alone = await setup.catalogue.files.workAlone(await claimOne(setup.catalogue, rootId, "a.jpg"));
    if (alone === undefined) throw new Error("the lease is held");
    await setup.catalogue.files.workTogether(alone);
    await killHolders(setup);
  }
  expect((await claimOne(setup.catalogue, rootId, "a.jpg")).crashes).toBe(2);
});

test("a file that was finished or set aside starts from zero again", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  await claimOne(setup.catalogue, rootId, "a.jpg");
  await killHolders(setup);
  await storePhoto(setup.catalogue, { rootId, name: "a.jpg", content: "a" });
  expect(await claimOne(setup.catalogue, rootId, "a.jpg")).toMatchObject({ crashes: 0 });
  await killHolders(setup);
  const claim = await claimOne(setup.catalogue, rootId, "a.jpg");
  expect(claim.crashes).toBe(1);
  await setup.catalogue.files.quarantine([
    { claim, stat: statOf(), reason: "decode_failed", message: "broken", reasonKey: "k" },
  ]);
  expect(await claimOne(setup.catalogue, rootId, "a.jpg")).toMatchObject({ crashes: 0 });
});

test("leases of dead owners are ended without claiming the files; those of the living stay", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const rootId = await visitRoot(setup.catalogue);
  await claimOne(setup.catalogue, rootId, "dead.jpg");
  await killHolders(setup);
  await claimOne(setup.catalogue, rootId, "alive.jpg");
  await other.files.releaseDead();
  const rows = await setup.sql("select cast(path as text) as name, lease_owner, crashes from files order by id");
  expect(rows).toMatchObject([
    { name: "dead.jpg", lease_owner: null, crashes: 1 },
    { name: "alive.jpg", lease_owner: expect.any(String) as string, crashes: 0 },
  ]);
});

test("file times and inodes come back to the nanosecond", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  const stat = statOf({ mtimeNs: 1_720_000_000_000_000_001n, ctimeNs: -1n, inode: 2n ** 64n - 1n });
  const claim = await claimOne(setup.catalogue, rootId, "a.jpg");
  await setup.catalogue.photos.commit({ updates: [updateOf("a")], files: [finishedFile(claim, "a", { stat })] });
  expect((await setup.catalogue.files.find(rootId, [Buffer.from("a.jpg")]))[0]?.stat).toEqual(stat);
});

test("names are bytes: any of them, and never mistaken for each other", async () => {
  await using setup = await createTestCatalogue();
  const rootId = await visitRoot(setup.catalogue);
  const paths = [Buffer.from([0xff, 0x2e, 0x6a]), Buffer.from([0xfe, 0x2e, 0x6a]), Buffer.from("\u{FFFD}.j")];
  const claims = await setup.catalogue.files.claim(paths.map((path) => ({ rootId, path, stat: statOf() })));
  expect(new Set(claims.map((claim) => claim?.fileId)).size).toBe(3);
  const found = await setup.catalogue.files.find(rootId, paths);
  expect(found.map(({ path }) => path.toString("hex")).toSorted()).toEqual(
    paths.map((path) => path.toString("hex")).toSorted(),
  );
});
