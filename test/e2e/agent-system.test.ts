/** What the system does to an agent: too few watches, a disk that is unmounted and mounted again. Needs namespaces (Linux). */
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runPhotonIn, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { photoBytes } from "../support/photos.ts";
import { PHOTON } from "../support/run-program.ts";
import { createQuickLibrary, untilFiles } from "../support/watching.ts";

const LOW_LIMIT = "echo 3 > /proc/sys/user/max_inotify_watches";

const works = (script: string): boolean => {
  try {
    execFileSync("unshare", ["-Urm", "sh", "-c", script], { stdio: "ignore" });
    return true;
  } catch {
    return false; // no unshare here, or not for us
  }
};

const canLimit = works(LOW_LIMIT);
const canMount = works("mount -t tmpfs none /mnt");
if (!canLimit || !canMount) console.log("This system lets nobody make namespaces, so some tests are skipped.");

interface Agent extends AsyncDisposable {
  readonly child: ChildProcess;
  /** Lets the script read a line. */
  readonly goOn: () => void;
}

/** A shell in namespaces of its own. `$1` and `$2` are Node and photon. */
const startInNamespace = (library: TestLibrary, script: string, words: readonly string[] = []): Agent => {
  const child = spawn("unshare", ["-Urm", "sh", "-c", script, "sh", process.execPath, PHOTON, ...words], {
    env: { ...process.env, ...library.environment },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = once(child, "close");
  return {
    child,
    goOn: () => void child.stdin?.write("\n"),
    [Symbol.asyncDispose]: async () => {
      child.stdin?.end();
      child.kill("SIGTERM");
      await ended;
    },
  };
};

interface FolderStatus {
  readonly mode: string;
  readonly offline: boolean;
  readonly fix?: string;
}

const folderOf = async (library: TestLibrary): Promise<FolderStatus | undefined> => {
  const { stdout } = await runPhotonIn(library, ["status", "--json"]);
  const { watching } = JSON.parse(stdout) as { watching: { roots: readonly FolderStatus[] } }; // as it prints it
  return watching.roots[0];
};

const untilMode = (library: TestLibrary, mode: string): Promise<FolderStatus> =>
  until(`the mode ${mode}`, async () => {
    const folder = await folderOf(library);
    return folder?.mode === mode ? folder : undefined;
  });

test.skipIf(!canLimit)(
  "with too few watches folders are scanned by the clock, status says what helps, and nothing is lost",
  async () => {
    await using library = await createQuickLibrary();
    const names = [1, 2, 3, 4, 5, 6].map((number) => `folder-${number}/a.jpg`);
    for (const [seed, name] of names.entries()) {
      await mkdir(join(library.photos, name, ".."));
      await writeFile(join(library.photos, name), await photoBytes(seed + 1));
    }
    await using agent = startInNamespace(library, `${LOW_LIMIT}; exec "$1" "$2" watch "$3"`, [library.photos]);
    await untilFiles(
      library,
      names.map((name) => `${name} present`),
    );
    const { fix = "" } = await untilMode(library, "timed");
    expect(fix).toContain("fs.inotify.max_user_watches");
    await writeFile(join(library.photos, "late.jpg"), await photoBytes(9));
    agent.child.kill("SIGHUP");
    await untilFiles(
      library,
      [...names, "late.jpg"].map((name) => `${name} present`),
    );
  },
);

test.skipIf(!canMount)(
  "a disk that is unmounted takes no photo with it, and is watched again when it is mounted",
  async () => {
    await using library = await createQuickLibrary();
    const disk = join(library.folder, "disk");
    await mkdir(disk);
    for (const seed of [1, 2]) await writeFile(join(disk, `${seed}.jpg`), await photoBytes(seed));
    const script = `mount --bind "$4" "$3"; "$1" "$2" watch "$3" & agent=$!
    read line; umount "$3"
    read line; mount --bind "$4" "$3"
    read line; kill -TERM $agent; wait $agent`;
    await using agent = startInNamespace(library, script, [library.photos, disk]);
    await untilFiles(library, ["1.jpg present", "2.jpg present"]);
    agent.goOn();
    await runPhotonIn(library, ["scan"]);
    expect(await untilMode(library, "frozen")).toMatchObject({ offline: true });
    await untilFiles(library, ["1.jpg present", "2.jpg present"]);
    await writeFile(join(disk, "3.jpg"), await photoBytes(3));
    agent.goOn();
    await untilFiles(library, ["1.jpg present", "2.jpg present", "3.jpg present"], 120_000);
    expect(await untilMode(library, "events")).toMatchObject({ offline: false });
    agent.goOn();
    await once(agent.child, "exit");
  },
);
