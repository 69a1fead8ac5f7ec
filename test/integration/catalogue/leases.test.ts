import { expect, test } from "vitest";
import { ROLE_LEASE_MS } from "../../../src/catalogue/lease-repository.ts";
import { createTestCatalogue, deadOwner } from "../../support/catalogues.ts";

test("a role has one holder until its lease ends", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const lease = await setup.catalogue.leases.take("committer");
  expect(lease).toEqual({ name: "committer", token: 1 });
  expect(await other.leases.take("committer")).toBeUndefined();
  setup.clock.advance(ROLE_LEASE_MS - 1);
  expect(await other.leases.take("committer")).toBeUndefined();
  setup.clock.advance(1);
  expect(await other.leases.take("committer")).toEqual({ name: "committer", token: 2 });
});

test("roles do not know of each other", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.leases.take("committer");
  expect(await (await setup.another()).leases.take("agent")).toEqual({ name: "agent", token: 1 });
});

test("extending keeps a lease; after it was lost neither extending nor releasing touches the new holder", async () => {
  await using setup = await createTestCatalogue();
  const other = await setup.another();
  const lease = await setup.catalogue.leases.take("committer");
  if (lease === undefined) throw new Error("the role was free");
  setup.clock.advance(ROLE_LEASE_MS - 1);
  expect(await setup.catalogue.leases.extend(lease)).toBe(true);
  setup.clock.advance(ROLE_LEASE_MS - 1);
  expect(await other.leases.take("committer")).toBeUndefined();
  setup.clock.advance(1);
  expect(await other.leases.take("committer")).toMatchObject({ token: 2 });
  expect(await setup.catalogue.leases.extend(lease)).toBe(false);
  await setup.catalogue.leases.release(lease);
  expect(await setup.catalogue.leases.take("committer")).toBeUndefined();
  expect(await other.leases.holder("committer")).toBeDefined();
});

test("a released role is free at once and its fencing token keeps rising", async () => {
  await using setup = await createTestCatalogue();
  const tokens: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    const lease = await setup.catalogue.leases.take("committer");
    if (lease === undefined) throw new Error("the role was free");
    tokens.push(lease.token);
    await setup.catalogue.leases.release(lease);
    expect(await setup.catalogue.leases.holder("committer")).toBeUndefined();
  }
  expect(tokens).toEqual([1, 2, 3]);
});

test("the role of a process that died on this host is taken at once", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.leases.take("committer");
  await setup.sql("update leases set owner = ?", await deadOwner());
  expect(await setup.catalogue.leases.holder("committer")).toBeUndefined();
  expect(await setup.catalogue.leases.take("committer")).toMatchObject({ token: 2 });
});

test("a process id that now belongs to another process does not keep a role", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.leases.take("committer");
  const [row] = await setup.sql("select owner from leases");
  const [host, pid] = String(row?.["owner"]).split("|");
  await setup.sql("update leases set owner = ?", `${host}|${pid}|1|00000000`); // this pid, started at boot
  const taken = await setup.catalogue.leases.take("committer");
  expect(taken === undefined).toBe(process.platform !== "linux"); // only Linux tells when a process began
});

test("an owner on another host keeps a role until the lease ends, whatever runs here", async () => {
  await using setup = await createTestCatalogue();
  await setup.catalogue.leases.take("committer");
  await setup.sql("update leases set owner = ?", (await deadOwner()).replace(/^[^|]+/, "elsewhere"));
  expect(await setup.catalogue.leases.take("committer")).toBeUndefined();
  setup.clock.advance(ROLE_LEASE_MS);
  expect(await setup.catalogue.leases.take("committer")).toMatchObject({ token: 2 });
});
