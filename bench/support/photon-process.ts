/** photon as a whole process, with what it needed: its time, and the memory of each process it consists of. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const LAUNCHER = join(import.meta.dirname, "../../bin/photon.js");

export interface Peak {
  /** Words of the command line; the launcher runs in-process under Node 24. */
  readonly words: readonly string[];
  readonly mib: number;
}

export interface Run {
  readonly seconds: number;
  /** Largest resident size of the command's own process, MiB. */
  readonly peakMib: number;
  /** The same of the processes it started. */
  readonly others: readonly Peak[];
}

/** Each process notes its own peak at its end. */
const PEAK_HOOK = `import { appendFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
if (isMainThread) process.on("exit", () => {
  const peak = { words: process.argv.slice(2), mib: process.resourceUsage().maxRSS / 1024 };
  appendFileSync(process.env.PHOTON_BENCH_PEAKS, JSON.stringify(peak) + "\\n");
});`;

const readPeaks = async (path: string): Promise<readonly Peak[]> => {
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line) as Peak); // written by the hook
};

export const makeHome = async (home: string, config = ""): Promise<void> => {
  await mkdir(home, { recursive: true });
  await writeFile(join(home, "config.toml"), config);
};

/** Runs a command on the library of `home`; rejects when it fails. */
export const runPhoton = async (home: string, words: readonly string[]): Promise<Run> => {
  const hook = `data:text/javascript,${encodeURIComponent(PEAK_HOOK)}`;
  const peaks = join(home, "peaks.jsonl");
  await rm(peaks, { force: true });
  const start = performance.now();
  const child = spawn(process.execPath, [LAUNCHER, ...words], {
    env: {
      ...process.env,
      PHOTON_HOME: home,
      PHOTON_CONFIG: join(home, "config.toml"),
      PHOTON_BENCH_PEAKS: peaks,
      NODE_OPTIONS: `--import=${hook}`,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, "close")) as [number];
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`photon ${words.join(" ")} ended with ${code}: ${stderr}`);
  const all = await readPeaks(peaks);
  const own = all.find((peak) => peak.words.join(" ") === words.join(" "));
  if (own === undefined) throw new Error(`photon ${words.join(" ")} noted no peak.`);
  return { seconds, peakMib: own.mib, others: all.filter((peak) => peak !== own) };
};
