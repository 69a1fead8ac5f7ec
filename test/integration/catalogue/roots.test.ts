import { expect, test } from "vitest";
import { claimOne, createTestCatalogue, storePhoto } from "../../support/catalogues.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";

const filesOf = async ({ sql }: TestCatalogue): Promise<readonly unknown[]> =>
  (
    await sql(
      `select cast(roots.path as text) || '|' || cast(files.path as text) as place
       from files join roots on roots.id = files.root_id order by place`,
    )
  ).map((row) => row["place"]);

const visit = ({ catalogue }: TestCatalogue, path: string) => catalogue.roots.visit(Buffer.from(path));

test("a folder visited twice is one root, and folders inside it belong to it", async () => {
  await using setup = await createTestCatalogue();
  const outer = await visit(setup, "/photos");
  expect(await visit(setup, "/photos")).toEqual(outer);
  expect(await visit(setup, "/photos/2024/july")).toEqual(outer);
});

test("a name that begins the same is another root", async () => {
  await using setup = await createTestCatalogue();
  const photos = await visit(setup, "/photos");
  expect((await visit(setup, "/photos-old")).id).not.toBe(photos.id);
});

test("a root around visited ones absorbs them with their files, so that no file is known twice", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const july = await visit(setup, "/photos/2024/july");
  const other = await visit(setup, "/elsewhere");
  await storePhoto(catalogue, { rootId: july.id, name: "day 1/a.jpg", content: "a" });
  await storePhoto(catalogue, { rootId: other.id, name: "b.jpg", content: "b" });
  const outer = await visit(setup, "/photos");
  expect(await filesOf(setup)).toEqual(["/elsewhere|b.jpg", "/photos|2024/july/day 1/a.jpg"]);
  expect((await catalogue.roots.list()).map(({ path }) => path.toString())).toEqual(["/elsewhere", "/photos"]);
  expect(await catalogue.files.find(outer.id, [Buffer.from("2024/july/day 1/a.jpg")])).toMatchObject([
    { state: "present" },
  ]);
});

test("photos of an absorbed root are indexed again, under the folders of the wider root", async () => {
  await using setup = await createTestCatalogue();
  const { index, roots } = setup.catalogue;
  const july = await visit(setup, "/photos/2024/july");
  const other = await visit(setup, "/elsewhere");
  const hash = await storePhoto(setup.catalogue, { rootId: july.id, name: "a.jpg", content: "a" });
  await storePhoto(setup.catalogue, { rootId: other.id, name: "b.jpg", content: "b" });
  const [before] = await index.rowsFor([hash], "");
  await index.clearMarks(await index.takeMarks(10));
  await roots.visit(Buffer.from("/photos"));
  const [after] = await index.rowsFor([hash], "");
  expect([before?.folders, after?.folders.toSorted()]).toEqual([
    ["/photos/2024/july"],
    ["/photos", "/photos/2024", "/photos/2024/july"],
  ]);
  expect(await index.takeMarks(10)).toEqual([{ contentHash: hash, rev: (before?.rev ?? 0) + 1 }]);
});

test("the root of the file system absorbs everything", async () => {
  await using setup = await createTestCatalogue();
  const photos = await visit(setup, "/photos");
  await storePhoto(setup.catalogue, { rootId: photos.id, name: "a.jpg", content: "a" });
  await visit(setup, "/");
  expect(await filesOf(setup)).toEqual(["/|photos/a.jpg"]);
});

test("names that are not UTF-8 are absorbed byte by byte", async () => {
  await using setup = await createTestCatalogue();
  const odd = Buffer.concat([Buffer.from("/photos/"), Buffer.from([0xe9, 0x74, 0xe9])]);
  const inner = await setup.catalogue.roots.visit(odd);
  await setup.catalogue.files.claim([
    { rootId: inner.id, path: Buffer.from([0xff]), stat: { size: 1, mtimeNs: 0n, ctimeNs: 0n, inode: 1n } },
  ]);
  const outer = await visit(setup, "/photos");
  const found = await setup.catalogue.files.find(outer.id, [Buffer.from([0xe9, 0x74, 0xe9, 0x2f, 0xff])]);
  expect(found).toHaveLength(1);
});

test("an added root around a folder wins over a visited one, and keeps visited ones inside it", async () => {
  await using setup = await createTestCatalogue();
  await visit(setup, "/photos/2024");
  await setup.sql("insert into roots (path, kind, created_at) values (cast('/photos' as blob), 'added', 0)");
  expect(await visit(setup, "/photos/2024/july")).toMatchObject({ kind: "added" });
});

test("a file claimed while its root is absorbed is still finished by whoever claimed it", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const inner = await visit(setup, "/photos/2024");
  const claim = await claimOne(catalogue, inner.id, "a.jpg");
  const outer = await visit(setup, "/photos");
  await catalogue.files.release([claim]);
  expect(await catalogue.files.find(outer.id, [Buffer.from("2024/a.jpg")])).toHaveLength(1);
  expect(await setup.sql("select lease_owner from files")).toMatchObject([{ lease_owner: null }]);
});
