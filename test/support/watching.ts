/** `photon watch` as a child process, and what it makes of the folders of a library. */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { startPhoton, until } from "./cli.ts";
import type { TestLibrary, TestLibraryOptions } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import type { ProgramResult, RunningProgram } from "./run-program.ts";

/** Files come to rest sooner than in life; tags need no label bank. */
export const QUICK = "[watch]\ndebounce_ms = 100\n[watch.stable_seconds]\nlocal = 0.3\n[tagging]\nenabled = false\n";

export const createQuickLibrary = (options: TestLibraryOptions = {}): Promise<TestLibrary> =>
  createTestLibrary({ config: QUICK, ...options });

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface Watching extends AsyncDisposable {
  readonly program: RunningProgram;
  /** Lines of its log so far. */
  readonly log: () => readonly LogLine[];
  readonly untilLogged: (event: string) => Promise<LogLine>;
  /** SIGTERM, and what it ended with. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<ProgramResult>;
}

const isLine = (line: string): boolean => line.startsWith("{");

/** Ended by force when the test has not ended it. @param words behind `photon watch` */
export const startWatching = (library: TestLibrary, words: readonly string[] = [library.photos]): Watching => {
  const program = startPhoton(library, ["--json-logs", "watch", ...words]);
  let text = "";
  program.child.stderr?.on("data", (chunk) => (text += String(chunk)));
  const log = (): readonly LogLine[] =>
    text
      .slice(0, text.lastIndexOf("\n") + 1)
      .split("\n")
      .filter(isLine)
      .map((line) => JSON.parse(line) as LogLine); // what the logger writes
  return {
    program,
    log,
    untilLogged: (event) => until(`the event ${event}`, () => log().find((line) => line.event === event)),
    stop: (signal = "SIGTERM") => {
      program.child.kill(signal);
      return program.ended;
    },
    [Symbol.asyncDispose]: async () => {
      program.child.kill("SIGKILL");
      await program.ended;
    },
  };
};

export const rows = (library: TestLibrary, sql: string): readonly Record<string, unknown>[] => {
  using database = new DatabaseSync(library.cataloguePath, { readOnly: true, timeout: 5000 });
  return database.prepare(sql).all();
};

const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString(); // blob columns

/** Path and state of each file, such as `a.jpg present`, sorted; with several roots behind the name of the root. */
export const filesIn = (library: TestLibrary): readonly string[] => {
  const files = rows(
    library,
    "select roots.path as root, files.path, files.state, files.todo, files.missing_since as missed, (select count(*) from roots) as roots from files join roots on roots.id = root_id",
  );
  return files
    .map(({ root, path, state, todo, missed, roots }) => {
      const name = Number(roots) > 1 ? join(text(root).split("/").at(-1) ?? "", text(path)) : text(path);
      return [name, state, todo ?? "", missed === null ? "" : "unseen"].filter((word) => word !== "").join(" ");
    })
    .toSorted();
};

/** Waits until the library holds exactly these files, see {@link filesIn}; then nothing waits any more. */
export const untilFiles = async (library: TestLibrary, expected: readonly string[], timeoutMs = 30_000) => {
  const wanted = JSON.stringify(expected.toSorted());
  let found: readonly string[] = [];
  await until(
    `the files ${wanted}`,
    () => {
      try {
        found = filesIn(library);
      } catch {
        return undefined; // the library is being made
      }
      return JSON.stringify(found) === wanted ? true : undefined;
    },
    timeoutMs,
  ).catch((error: unknown) => {
    throw new Error(`The library holds ${JSON.stringify(found)}.`, { cause: error });
  });
};

/** How many photos were embedded; ends the agent, for the last line comes a moment after the library has the photo. */
export const embeddedBy = async (watching: Watching): Promise<number> => {
  await watching.stop();
  return watching.log().filter(({ stages }) => Array.isArray(stages) && stages.includes("embed")).length;
};
