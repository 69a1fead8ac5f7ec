/**
 * Runs the benches and writes docs/benchmarks.md.
 *
 *   npm run bench                  every bench at full size (about an hour)
 *   npm run bench -- --quick       small sizes, minutes, nothing is written
 *   npm run bench -- decode search only benches whose name is one of the words, else contains one
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benches } from "./benches.ts";
import type { BenchResult } from "./support/bench.ts";
import { mergeReport } from "./support/report.ts";

const REPORT = join(import.meta.dirname, "../docs/benchmarks.md");
const GIB = 1024 ** 3;

const machine = (): string => {
  const [first] = cpus();
  const memory = (totalmem() / GIB).toFixed(0);
  return `${cpus().length} cores of ${first?.model ?? "an unknown CPU"}, ${memory} GiB, Node ${process.versions.node}`;
};

const format = ({ metric, value, unit, bar, met }: BenchResult): string => {
  const verdict = met === undefined ? "" : met ? "  met" : "  NOT MET";
  return `  ${metric}: ${Number(value.toPrecision(4))} ${unit}${bar === undefined ? "" : `  (bar ${bar})`}${verdict}`;
};

process.env["LANCEDB_LOG"] ??= "error"; // as the command line does
process.env["ORT_DISABLE_TELEMETRY"] = "1"; // for the libraries that photon is compared with, too

const { values, positionals } = parseArgs({
  options: { quick: { type: "boolean", default: false } },
  allowPositionals: true,
});
const isMeant = (name: string, word: string): boolean =>
  benches.some((bench) => bench.name === word) ? name === word : name.includes(word);
const chosen = benches.filter(({ name, isLong = false }) =>
  positionals.length === 0 ? !isLong : positionals.some((word) => isMeant(name, word)),
);
const directory = await mkdtemp(join(tmpdir(), "photon-bench-"));
let missed = 0;
try {
  for (const bench of chosen) {
    console.log(`${bench.name}: ${bench.about}`);
    const results = await bench.run({ quick: values.quick, directory, log: (line) => console.log(`  ${line}`) });
    for (const result of results) console.log(format(result));
    missed += results.filter(({ met }) => met === false).length;
    if (values.quick) continue;
    const before = await readFile(REPORT, "utf8").catch(() => ""); // the first report
    await writeFile(REPORT, mergeReport(before, { bench, results, machine: machine(), date: new Date() }));
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(missed === 0 ? "Every bar was met." : `${missed} bars were not met.`);
