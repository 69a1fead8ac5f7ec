/** Agents that end, are killed, or meet each other; and disks that go while one watches. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { processesOf, runPhotonIn, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { photoBytes } from "../support/photos.ts";
import { createQuickLibrary, embeddedBy, rows, startWatching, untilFiles } from "../support/watching.ts";

const putPhoto = async (folder: string, name: string, seed: number): Promise<void> =>
  writeFile(join(folder, name), await photoBytes(seed));

const untilNobodyRuns = (library: TestLibrary): Promise<unknown> =>
  until("its processes to end", async () => ((await processesOf(library)).length === 0 ? true : undefined));

/** Its worker and the encoder hosts, too. */
const untilAtWork = (library: TestLibrary): Promise<unknown> =>
  until("a worker", async () =>
    (await processesOf(library)).some(({ command }) => command.includes("worker core")) ? true : undefined,
  );

interface FolderStatus {
  readonly mode: string;
  readonly offline: boolean;
}

describe("an agent", () => {
  test("that is asked to end takes its workers with it", async () => {
    await using library = await createQuickLibrary();
    await putPhoto(library.photos, "a.jpg", 1);
    await using watching = startWatching(library);
    await untilAtWork(library);
    const { code } = await watching.stop("SIGTERM");
    expect(code).toBe(143);
    expect(await processesOf(library)).toEqual([]);
  });

  test("that is killed leaves no process behind, and the next one goes on with its work", async () => {
    await using library = await createQuickLibrary();
    for (const seed of [1, 2, 3]) await putPhoto(library.photos, `${seed}.jpg`, seed);
    await using watching = startWatching(library);
    await untilAtWork(library);
    await watching.stop("SIGKILL");
    await untilNobodyRuns(library);
    await using next = startWatching(library, []);
    await untilFiles(library, ["1.jpg present", "2.jpg present", "3.jpg present"]);
    expect((await embeddedBy(watching)) + (await embeddedBy(next))).toBeLessThanOrEqual(3);
    expect(rows(library, "select count(*) as vectors from embeddings")).toEqual([{ vectors: 3 }]);
  });

  test("that finds another one at work says so, and takes over when that one is gone", async () => {
    await using library = await createQuickLibrary();
    await putPhoto(library.photos, "a.jpg", 1);
    await using first = startWatching(library);
    await untilFiles(library, ["a.jpg present"]);
    await using second = startWatching(library, []);
    const { holder } = await second.untilLogged("agent:waits");
    expect(String(holder)).toMatch(new RegExp(`:${first.program.child.pid}$`));
    expect(second.log().some(({ event }) => event === "root:scanned")).toBe(false);
    await first.stop("SIGKILL");
    await second.untilLogged("root:scanned");
    await putPhoto(library.photos, "b.jpg", 2);
    await untilFiles(library, ["a.jpg present", "b.jpg present"]);
  });
});

describe("a folder that goes away", () => {
  const folders = async (library: TestLibrary): Promise<readonly FolderStatus[]> => {
    const { stdout } = await runPhotonIn(library, ["status", "--json"]);
    const { watching } = JSON.parse(stdout) as { watching: { roots: readonly FolderStatus[] } }; // as it prints it
    return watching.roots;
  };

  test("while it is watched loses nothing, is shown as offline, and is watched again when it is back", async () => {
    await using library = await createQuickLibrary();
    for (const seed of [1, 2]) await putPhoto(library.photos, `${seed}.jpg`, seed);
    await using watching = startWatching(library);
    await untilFiles(library, ["1.jpg present", "2.jpg present"]);
    const away = join(library.folder, "away");
    await rename(library.photos, away);
    await watching.untilLogged("root:frozen");
    expect(await folders(library)).toMatchObject([{ mode: "frozen", offline: true }]);
    await untilFiles(library, ["1.jpg present", "2.jpg present"]);
    await mkdir(library.photos); // an empty mount point
    await untilFiles(library, ["1.jpg present", "2.jpg present"]);
    await rename(away, library.photos);
    await putPhoto(library.photos, "3.jpg", 3);
    await untilFiles(library, ["1.jpg present", "2.jpg present", "3.jpg present"], 120_000);
    expect(await embeddedBy(watching)).toBe(3);
  });
});
