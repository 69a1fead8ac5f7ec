/** docs/benchmarks.md: one section per bench, replaced by the newest run. */
import type { Bench, BenchResult } from "./bench.ts";

interface BenchReport {
  readonly bench: Bench;
  readonly results: readonly BenchResult[];
  readonly machine: string;
  readonly date: Date;
}

const TITLE = `# Benchmarks

Written by \`npm run bench\`; each section is the newest full run of one bench. Ratios are measured side by side in one
run and are what counts; absolute figures drift with the machine.
`;
const SECTION = /^## /m;

const figure = (value: number): string =>
  Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(3)));

const rowOf = ({ metric, value, unit, bar, met }: BenchResult): string => {
  const verdict = met === undefined ? "" : met ? "met" : "**not met**";
  return `| ${metric} | ${figure(value)} ${unit} | ${bar ?? ""} | ${verdict} |`;
};

const sectionOf = ({ bench, results, machine, date }: BenchReport): string =>
  [
    `## ${bench.name}`,
    "",
    bench.about,
    "",
    `${date.toISOString().slice(0, 10)}, ${machine}`,
    "",
    "| metric | measured | bar | |",
    "| --- | --- | --- | --- |",
    ...results.map(rowOf),
    "",
  ].join("\n");

/** The report with this bench's section put in or replaced; the other sections stay. */
export const mergeReport = (before: string, report: BenchReport): string => {
  const sections = before.split(SECTION).slice(1);
  const others = sections.filter((section) => section.split("\n", 1)[0] !== report.bench.name);
  const all = [...others.map((section) => `## ${section.trimEnd()}\n`), sectionOf(report)];
  return [TITLE, ...all.toSorted()].join("\n");
};
