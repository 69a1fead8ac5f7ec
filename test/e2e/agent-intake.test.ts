import { appendFile, copyFile, mkdir, open, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { runPhotonIn, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { photoBytes } from "../support/photos.ts";
import { createQuickLibrary, embeddedBy, filesIn, rows, startWatching, untilFiles } from "../support/watching.ts";

const found = async (library: TestLibrary): Promise<readonly string[]> => {
  const { stdout } = await runPhotonIn(library, ["search", "", "--json"]);
  return [...stdout.matchAll(/[\w-]+\.jpg/g)].map(([name]) => name);
};

const putPhoto = async (library: TestLibrary, name: string, seed: number): Promise<string> => {
  const path = join(library.photos, name);
  await writeFile(path, await photoBytes(seed));
  return path;
};

describe("photon watch", () => {
  test("finds what is there, and what comes while it runs, from another process", async () => {
    await using library = await createQuickLibrary();
    await putPhoto(library, "before.jpg", 1);
    await using watching = startWatching(library);
    await untilFiles(library, ["before.jpg present"]);
    await putPhoto(library, "after.jpg", 2);
    await untilFiles(library, ["after.jpg present", "before.jpg present"]);
    await until("both to be found", async () => ((await found(library)).includes("after.jpg") ? true : undefined));
    const { code } = await watching.stop("SIGINT");
    expect(code).toBe(130);
  });

  test("follows renames, moves and copies without computing anything anew", async () => {
    await using library = await createQuickLibrary();
    const photo = await putPhoto(library, "a.jpg", 1);
    await using watching = startWatching(library);
    await untilFiles(library, ["a.jpg present"]);
    await rename(photo, join(library.photos, "b.jpg"));
    await untilFiles(library, ["b.jpg present"]);
    await mkdir(join(library.photos, "trip"));
    await rename(join(library.photos, "b.jpg"), join(library.photos, "trip", "c.jpg"));
    await untilFiles(library, ["trip/c.jpg present"]);
    await rename(join(library.photos, "trip"), join(library.photos, "journey"));
    await untilFiles(library, ["journey/c.jpg present"]);
    await copyFile(join(library.photos, "journey", "c.jpg"), join(library.photos, "copy.jpg"));
    await untilFiles(library, ["copy.jpg present", "journey/c.jpg present"]);
    expect(await embeddedBy(watching)).toBe(1);
    expect(rows(library, "select count(*) as photos from photos")).toEqual([{ photos: 1 }]);
  });

  test("keeps a photo that is deleted, and knows it again when it returns", async () => {
    await using library = await createQuickLibrary();
    const photo = await putPhoto(library, "a.jpg", 1);
    await putPhoto(library, "b.jpg", 2);
    await using watching = startWatching(library);
    await untilFiles(library, ["a.jpg present", "b.jpg present"]);
    await rm(photo);
    await untilFiles(library, ["a.jpg missing", "b.jpg present"]);
    await until("it to be hidden", async () => ((await found(library)).includes("a.jpg") ? undefined : true));
    await putPhoto(library, "a.jpg", 1);
    await untilFiles(library, ["a.jpg present", "b.jpg present"]);
    await until("it to be found", async () => ((await found(library)).includes("a.jpg") ? true : undefined));
    expect(await embeddedBy(watching)).toBe(2);
  });

  test("goes on with what came while it was away", async () => {
    await using library = await createQuickLibrary();
    const photo = await putPhoto(library, "a.jpg", 1);
    {
      await using watching = startWatching(library);
      await untilFiles(library, ["a.jpg present"]);
      await watching.stop();
    }
    await rename(photo, join(library.photos, "moved.jpg"));
    await putPhoto(library, "new.jpg", 2);
    await using watching = startWatching(library, []);
    await untilFiles(library, ["moved.jpg present", "new.jpg present"]);
    expect(await embeddedBy(watching)).toBe(1);
  });

  test("without a folder in a new library it asks for one", async () => {
    await using library = await createQuickLibrary();
    await using watching = startWatching(library, []);
    const { code, stderr } = await watching.program.ended;
    expect(code).toBe(2);
    expect(stderr).toContain("photon watch ~/Pictures");
  });
});

describe("files that are being written", () => {
  /** With the usual two seconds of rest. */
  const watched = () => createTestLibrary({ config: "[watch]\ndebounce_ms = 100\n[tagging]\nenabled = false\n" });

  const expectNeverEarly = async (library: TestLibrary, write: () => Promise<void>): Promise<void> => {
    await using watching = startWatching(library);
    await watching.untilLogged("root:scanned");
    await write();
    expect(rows(library, "select count(*) as photos from photos")).toEqual([{ photos: 0 }]);
    await untilFiles(library, ["a.jpg present"]);
    expect(await embeddedBy(watching)).toBe(1);
    expect(watching.log().filter(({ event }) => event === "photo:failed")).toEqual([]);
  };

  test("and grow piece by piece wait for their end", async () => {
    await using library = await watched();
    const [bytes, path] = [await photoBytes(1, 640), join(library.photos, "a.jpg")];
    await expectNeverEarly(library, async () => {
      for (let start = 0; start < bytes.length; start += Math.ceil(bytes.length / 6)) {
        await appendFile(path, bytes.subarray(start, start + Math.ceil(bytes.length / 6)));
        await sleep(1500);
      }
    });
  });

  test("and have their final size from the start wait for their content", async () => {
    await using library = await watched();
    const [bytes, path] = [await photoBytes(1, 640), join(library.photos, "a.jpg")];
    const old = new Date("2020-01-01");
    await expectNeverEarly(library, async () => {
      await using file = await open(path, "w");
      await file.truncate(bytes.length);
      await file.write(bytes.subarray(0, 2000), 0, 2000, 0);
      await utimes(path, old, old); // as copies that keep times
      await until("it to be looked at", () =>
        rows(library, "select todo_tries from files").some(({ todo_tries: tries }) => Number(tries) > 0)
          ? true
          : undefined,
      );
      await file.write(bytes, 0, bytes.length, 0);
    });
  });

  test("under another name count from their renaming on", async () => {
    await using library = await watched();
    const [bytes, path] = [await photoBytes(1, 640), join(library.photos, "a.jpg")];
    await expectNeverEarly(library, async () => {
      for (const name of [".a.jpg.Xy12ab", "a.jpg.part"]) {
        await writeFile(join(library.photos, name), bytes);
        await sleep(2500);
        expect(filesIn(library)).toEqual([]);
        await rename(join(library.photos, name), name.endsWith("part") ? path : join(library.photos, "a.jpg.part"));
      }
    });
  });
});
