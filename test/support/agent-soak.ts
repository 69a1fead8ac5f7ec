/** Random changes of two roots while the agent is killed again and again; then the library is held against the folders. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "./cli.ts";
import type { TestLibrary } from "./library.ts";
import { createTestLibrary } from "./library.ts";
import { randomFrom } from "./photos.ts";
import { contentsOf, createRandomChanges } from "./random-changes.ts";
import type { RunningProgram } from "./run-program.ts";
import { startProgram } from "./run-program.ts";

const CHILD = join(import.meta.dirname, "agent-child.ts");
/** Random changes delete more than the loss guard believes; it has tests of its own. */
const CONFIG =
  "[watch]\ndebounce_ms = 100\nloss_guard_percent = 100\n[watch.stable_seconds]\nlocal = 0.5\n[tagging]\nenabled = false\n";
const LOST_HINTS = 0.3;

export interface SoakOptions {
  readonly operations: number;
  readonly seed: number;
  readonly killEveryMs: number;
  readonly restTimeoutMs: number;
  readonly onProgress?: (text: string) => void;
}

export interface SoakResult {
  readonly kills: number;
  readonly files: number;
  readonly contents: number;
  /** Photos whose vector was computed and stored. */
  readonly embedded: number;
  /** What the agents warned of, each once. */
  readonly warnings: readonly string[];
  readonly problems: readonly string[];
}

interface LogLine {
  readonly level?: string;
  readonly message?: string;
  readonly event?: string;
  readonly content_hash?: string;
  readonly stages?: readonly string[];
}

const logLines = (text: string): readonly LogLine[] =>
  text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogLine); // what the child writes

class KilledAgent {
  readonly #library: TestLibrary;
  readonly #seed: number;
  readonly #logs: string[] = [];
  #running: RunningProgram | undefined;
  kills = 0;

  constructor(library: TestLibrary, seed: number) {
    this.#library = library;
    this.#seed = seed;
  }

  start(lost = LOST_HINTS): void {
    const words = [String(lost), String(this.#seed + this.kills)];
    this.#running = startProgram(CHILD, words, { environment: this.#library.environment });
  }

  async kill(): Promise<void> {
    this.#running?.child.kill("SIGKILL");
    await this.#end();
    this.kills += 1;
  }

  async stop(): Promise<void> {
    this.#running?.child.kill("SIGTERM");
    await this.#end();
  }

  log(): readonly LogLine[] {
    return this.#logs.flatMap(logLines);
  }

  async #end(): Promise<void> {
    const result = await this.#running?.ended;
    this.#logs.push(result?.stdout ?? "");
    if (result !== undefined && result.stderr !== "") throw new Error(`The agent said: ${result.stderr}`);
  }
}

const addRoots = async (library: TestLibrary): Promise<readonly string[]> => {
  const roots = [library.photos, join(library.folder, "phone")];
  await mkdir(join(library.folder, "phone"));
  await using photon = await library.open();
  for (const root of roots) await photon.addRoot(root);
  return roots;
};

const query = (library: TestLibrary, sql: string): readonly Record<string, unknown>[] => {
  using database = new DatabaseSync(library.cataloguePath, { readOnly: true, timeout: 5000 });
  return database.prepare(sql).all();
};

const LEFT = `select (select count(*) from files where todo is not null or missing_since is not null)
  + (select count(*) from to_index) + (select count(*) from root_watch where settled_at is null) as count`;

const untilAtRest = async (library: TestLibrary, since: number, timeoutMs: number): Promise<void> => {
  const whole = `select count(*) as count from roots where kind = 'added' and (scanned_at is null or scanned_at < ${since})`;
  const count = (sql: string): unknown => query(library, sql)[0]?.["count"];
  await until(
    "the agent to come to rest",
    () => (count(LEFT) === 0 && count(whole) === 0 ? true : undefined),
    timeoutMs,
  );
};

/** What an agent that does not come to rest has left. */
const leftOver = (library: TestLibrary): readonly string[] =>
  query(
    library,
    "select cast(path as text) as path, state, todo, todo_at, todo_tries, missing_since, lease_owner, reason from files where todo is not null or missing_since is not null",
  ).map((row) => `left: ${JSON.stringify(row)}`);

const presentFiles = (library: TestLibrary): ReadonlyMap<string, string> =>
  new Map(
    query(
      library,
      `select roots.path as root, files.path, content_hash from files join roots on roots.id = root_id where files.state = 'present'`,
    ).map(({ root, path, content_hash: hash }) => [
      join(Buffer.from(root as Uint8Array).toString(), Buffer.from(path as Uint8Array).toString()), // blob columns
      String(hash),
    ]),
  );

/** What the library holds of a file that does not count as there. */
const rowOf = (library: TestLibrary, path: string): string => {
  const found = query(
    library,
    `select cast(roots.path as text) as root, cast(files.path as text) as name, files.state, reason, reason_message, todo,
      size, content_hash, files.updated_at, cast(mtime_ns as text) as mtime, cast(files.inode as text) as inode, seen
      from files join roots on roots.id = root_id`,
  ).find((row) => join(String(row["root"]), String(row["name"])) === path);
  return found === undefined ? "no row" : JSON.stringify(found);
};

const compare = async (library: TestLibrary, roots: readonly string[]): Promise<readonly string[]> => {
  const [expected, found] = [await contentsOf(roots), presentFiles(library)];
  const wrong = [...expected].flatMap(([path, hash]) => {
    const known = found.get(path);
    if (known === hash) return [];
    return [known === undefined ? `${path} is not known: ${rowOf(library, path)}` : `${path} has another content`];
  });
  const extra = [...found.keys()].filter((path) => !expected.has(path)).map((path) => `${path} is known and not there`);
  const embedded = new Set(query(library, "select content_hash from embeddings").map((row) => row["content_hash"]));
  const bare = [...new Set(expected.values())]
    .filter((hash) => !embedded.has(hash))
    .map((hash) => `${hash} has no vector`);
  return [...wrong, ...extra, ...bare];
};

const doubled = (log: readonly LogLine[]): readonly string[] => {
  const times = Map.groupBy(
    log.filter(({ stages }) => stages?.includes("embed") === true),
    ({ content_hash: hash = "" }) => hash,
  );
  return [...times].flatMap(([hash, lines]) =>
    lines.length > 1 ? [`${hash} was embedded ${lines.length} times: ${JSON.stringify(lines)}`] : [],
  );
};

export const soakAgent = async (options: SoakOptions): Promise<SoakResult> => {
  const { operations, seed, killEveryMs, restTimeoutMs, onProgress = () => undefined } = options;
  await using library = await createTestLibrary({ config: CONFIG });
  const roots = await addRoots(library);
  const random = randomFrom(seed);
  const changes = createRandomChanges(roots, random);
  const agent = new KilledAgent(library, seed);
  agent.start();
  let killAt = performance.now() + killEveryMs;
  for (let operation = 1; operation <= operations; operation += 1) {
    await changes.next();
    if (operation % 100 === 0) onProgress(`${operation} operations, ${agent.kills} kills`);
    if (performance.now() < killAt) continue;
    await agent.kill();
    await sleep(random() * 300); // changes go on while no agent is there
    agent.start();
    killAt = performance.now() + killEveryMs * (0.5 + random());
  }
  await changes.finish();
  await agent.kill();
  const since = Date.now();
  agent.start(0);
  const problems: string[] = [];
  await untilAtRest(library, since, restTimeoutMs).catch((error: unknown) => {
    problems.push(String(error), ...leftOver(library));
  });
  problems.push(...(await compare(library, roots)));
  await agent.stop();
  const log = agent.log();
  const contents = await contentsOf(roots);
  return {
    kills: agent.kills,
    files: contents.size,
    contents: new Set(contents.values()).size,
    embedded: log.filter(({ stages }) => stages?.includes("embed") === true).length,
    warnings: [
      ...new Set(log.filter(({ level }) => level === "warn" || level === "error").map((line) => JSON.stringify(line))),
    ],
    problems: [...problems, ...doubled(log)],
  };
};
