/** Programs that people bring photos with, on folders that are watched. */
import { execFile, execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { photoBytes, photoName, writePhotos } from "../support/photos.ts";
import { createQuickLibrary, embeddedBy, rows, startWatching, untilFiles } from "../support/watching.ts";

const run = promisify(execFile);

const isThere = (tool: string): boolean => {
  try {
    execFileSync(tool, ["--help"], { stdio: "ignore" });
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ENOENT");
  }
};

const NAMES = [0, 1, 2].map(photoName);

interface Writer {
  readonly name: string;
  /** Programs it needs. */
  readonly tools: readonly string[];
  /** Brings the photos of the folder `from` into the folder `to`, which exists. */
  readonly write: (from: string, to: string) => Promise<unknown>;
}

const writers: readonly Writer[] = [
  { name: "cp", tools: ["cp"], write: (from, to) => run("cp", ["-p", ...paths(from), to]) },
  { name: "mv", tools: ["mv"], write: (from, to) => run("mv", [...paths(from), to]) },
  { name: "rsync", tools: ["rsync"], write: (from, to) => run("rsync", ["-a", `${from}/`, `${to}/`]) },
  {
    name: "tar",
    tools: ["tar"],
    write: async (from, to) => {
      await run("tar", ["-cf", `${from}.tar`, "-C", from, ...NAMES]);
      await run("tar", ["-xf", `${from}.tar`, "-C", to]);
    },
  },
  {
    name: "unzip",
    tools: ["zip", "unzip"],
    write: async (from, to) => {
      await run("zip", ["-q", "-j", `${from}.zip`, ...paths(from)]);
      await run("unzip", ["-q", `${from}.zip`, "-d", to]);
    },
  },
];

const paths = (folder: string): readonly string[] => NAMES.map((name) => join(folder, name));

const absent = writers.filter(({ tools }) => !tools.every(isThere)).map(({ name }) => name);
if (absent.length > 0) console.log(`Not on this machine, so not tried: ${absent.join(", ")}.`);

/** As programs write metadata: the picture stays the same bytes, a segment comes before it. */
const withComment = (photo: Buffer, comment: string): Buffer => {
  const text = Buffer.from(comment);
  const head = Buffer.from([0xff, 0xfe, 0, 0]);
  head.writeUInt16BE(text.length + 2, 2);
  return Buffer.concat([photo.subarray(0, 2), head, text, photo.subarray(2)]);
};

const present = (library: TestLibrary, names: readonly string[]): Promise<void> =>
  untilFiles(
    library,
    names.map((name) => `${name} present`),
  );

/** Waits until so many edits were noticed. */
const untilEdited = (library: TestLibrary, times: number): Promise<unknown> =>
  until(`${times} edits`, () =>
    rows(library, "select 1 from events where message_type = 'photo_edited'").length === times ? true : undefined,
  );

describe("photos that programs bring", () => {
  test("are each found whole and once, whichever program it is", async () => {
    await using library = await createQuickLibrary();
    await using watching = startWatching(library);
    await watching.untilLogged("root:scanned");
    const expected: string[] = [];
    const ready = writers.filter(({ name }) => !absent.includes(name));
    for (const [place, { name, write }] of ready.entries()) {
      const from = join(library.folder, `from-${name}`);
      await writePhotos(from, { count: NAMES.length, seed: place * 10 + 1 });
      await mkdir(join(library.photos, name));
      await write(from, join(library.photos, name));
      expected.push(...NAMES.map((file) => join(name, file)));
    }
    await present(library, expected);
    expect(await embeddedBy(watching)).toBe(expected.length);
    expect(watching.log().filter(({ event }) => event === "photo:failed")).toEqual([]);
  });

  test("and write metadata into keep their vector; another picture under the same name has its own", async () => {
    await using library = await createQuickLibrary();
    const photo = join(library.photos, "a.jpg");
    const bytes = await photoBytes(1);
    await writeFile(photo, bytes);
    await using watching = startWatching(library);
    await present(library, ["a.jpg"]);
    await writeFile(`${photo}_exiftool_tmp`, withComment(bytes, "a better title"));
    await run("mv", [`${photo}_exiftool_tmp`, photo]);
    await untilEdited(library, 1);
    await writeFile(photo, await photoBytes(2)); // another picture under the same name
    await untilEdited(library, 2);
    await present(library, ["a.jpg"]);
    expect(await embeddedBy(watching)).toBe(2);
  });
});
