import { appendFile, mkdtemp, readFile, readdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { openLogFile } from "../../../agent/log-file.ts";
import { followLog, lastLines, logSize } from "../../../agent/read-log.ts";
import { systemClock } from "../../../src/clock.ts";

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "photon-log-")), "logs", "agent.log");
});

const LINE = "0123456789"; // 11 bytes with its end

describe("the log file", () => {
  test("begins anew before it grows over its limit, and keeps so many old ones", async () => {
    using log = openLogFile({ path, maxBytes: 33, keep: 2 });
    for (let line = 0; line < 13; line += 1) log.write(`${LINE.slice(0, 8)}${String(line).padStart(2, "0")}`);
    expect((await readdir(join(path, ".."))).sort()).toEqual(["agent.log", "agent.log.1", "agent.log.2"]);
    expect(await readFile(path, "utf8")).toBe("0123456712\n");
    expect(await readFile(`${path}.1`, "utf8")).toBe("0123456709\n0123456710\n0123456711\n");
    expect(await readFile(`${path}.2`, "utf8")).toBe("0123456706\n0123456707\n0123456708\n");
  });

  test("goes on with what an earlier process left", async () => {
    openLogFile({ path, maxBytes: 25 })[Symbol.dispose]();
    await appendFile(path, `${LINE}\n${LINE}\n`);
    using log = openLogFile({ path, maxBytes: 25 });
    log.write(LINE);
    expect(await readFile(path, "utf8")).toBe(`${LINE}\n`);
    expect(await readFile(`${path}.1`, "utf8")).toBe(`${LINE}\n${LINE}\n`);
  });

  test("a line longer than the limit is written whole", async () => {
    using log = openLogFile({ path, maxBytes: 5 });
    log.write(LINE);
    expect(await readFile(path, "utf8")).toBe(`${LINE}\n`);
  });
});

describe("reading the log", () => {
  test("the last lines come from the file before when the newest has too few", async () => {
    using log = openLogFile({ path, maxBytes: 8, keep: 2 });
    for (const line of ["one", "two", "three", "four"]) log.write(line);
    expect(await lastLines(path, 2)).toEqual(["three", "four"]);
    expect(await lastLines(path, 1)).toEqual(["four"]);
  });

  test("without a log there are no lines", async () => {
    expect(await lastLines(path, 10)).toEqual([]);
    expect(await logSize(path)).toBe(0);
  });

  test("following gives each line once, over a change of file, and no half lines", async () => {
    const stop = new AbortController();
    using log = openLogFile({ path, maxBytes: 1000 });
    log.write("before");
    const seen: string[] = [];
    const lines = followLog(path, { clock: systemClock, signal: stop.signal, from: await logSize(path) });
    const next = async (): Promise<void> => {
      const { value } = await lines.next();
      seen.push(String(value));
    };
    log.write("first");
    await next();
    await appendFile(path, "sec");
    await appendFile(path, "ond\n");
    await rename(path, `${path}.1`);
    await appendFile(path, "third\n");
    await next();
    await next();
    stop.abort();
    expect((await lines.next()).done).toBe(true);
    expect(seen).toEqual(["first", "second", "third"]);
  });
});
