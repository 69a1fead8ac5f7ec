/** Shows the main job on painted photos: the same commands a person would type, on a library of their own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../config.ts";
import type { CommandContext } from "../command.ts";
import { EXIT } from "../command.ts";
import type { Output } from "../terminal.ts";
import { formatPlural } from "../terminal.ts";
import { recordExcerpt } from "./record-excerpt.ts";

export interface DemoOptions {
  readonly keep: boolean;
  /** How many to paint. */
  readonly photos: number;
}

interface DemoFolder {
  readonly folder: string;
  readonly photos: string;
  readonly records: string;
  readonly config: string;
}

/** What is typed after `photon`, with why. */
const SEARCHES: readonly { readonly why: string; readonly words: readonly string[] }[] = [
  { why: "By what they show", words: ["search", "sunset", "--limit", "3"] },
  { why: "The same for an animal", words: ["search", "a dog", "--limit", "3"] },
  {
    why: "Inside a summer, both months included",
    words: ["search", "beach", "--from", "2024-07", "--to", "2024-08", "--limit", "3"],
  },
  { why: "By place: within 30 km of Zermatt", words: ["search", "snow", "--near", "46.02,7.75,30", "--limit", "3"] },
  { why: "Copies, near copies and bursts", words: ["duplicates"] },
];

const isOwnVariable = (name: string): boolean => name.startsWith("PHOTON_");
const withoutOwnVariables = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !isOwnVariable(name)));

const quoted = (word: string): string => (/[^\w./:,-]/.test(word) ? `"${word}"` : word);

const heading = (output: Output, text: string): Promise<void> => output.line(`\n${output.style("bold", text)}`);

/** Folder with settings of its own: what the person has set up or installed does not matter. */
const prepare = async (): Promise<DemoFolder> => {
  const folder = await mkdtemp(join(tmpdir(), "photon-demo-"));
  const config = join(folder, "config.toml");
  await writeFile(config, '[general]\ndata_dir = "library"\n\n[embedding]\nmodel = "photon-mini"\n');
  return { folder, config, photos: join(folder, "photos"), records: join(folder, "records.jsonl") };
};

const paint = async (
  { photos }: DemoFolder,
  count: number,
  { stdout: output, stderr }: CommandContext,
  signal: AbortSignal,
): Promise<void> => {
  const { generateSampleLibrary } = await import("../../sample-library/generate.ts");
  const onProgress = (done: number, total: number): void => {
    if (stderr.isTerminal) stderr.stream.write(done === total ? "\r\u001B[K" : `\rpainting ${done} of ${total}`);
  };
  const { files } = await generateSampleLibrary(photos, { count, signal, onProgress });
  await output.line(
    `${formatPlural(files.length, "photo")} with capture times, cameras, places and copies in ${photos}`,
  );
};

/** Shows and runs one line. @returns its exit code */
const showLine = async (
  words: readonly string[],
  demo: DemoFolder,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  signal.throwIfAborted();
  await context.stdout.line(context.stdout.style("cyan", `$ photon ${words.map(quoted).join(" ")}`));
  return context.runLine(["--config", demo.config, ...words], withoutOwnVariables(context.environment), signal);
};

const tour = async (
  demo: DemoFolder,
  { photos }: DemoOptions,
  context: CommandContext,
  signal: AbortSignal,
): Promise<number> => {
  const { stdout } = context;
  const codes: number[] = [];
  await heading(stdout, "1  Paint a small photo library");
  await paint(demo, photos, context, signal);
  await heading(stdout, "2  Process it");
  await stdout.line(
    "with photon-mini, the basic model that comes with photon: it knows what photos show, without any download.",
  );
  codes.push(await showLine(["process", demo.photos, "-o", demo.records], demo, context, signal));
  await stdout.line("One of its records, long fields cut:");
  await stdout.line(stdout.style("dim", await recordExcerpt(demo.records)));
  await heading(stdout, "3  Find photos");
  for (const { why, words } of SEARCHES) {
    await stdout.line(`\n${why}:`);
    codes.push(await showLine(words, demo, context, signal));
  }
  await heading(stdout, "4  What is there now");
  codes.push(await showLine(["status"], demo, context, signal));
  return codes.find((code) => code !== EXIT.done) ?? EXIT.done;
};

export const runDemo = async (options: DemoOptions, context: CommandContext, signal: AbortSignal): Promise<number> => {
  const { stdout } = context;
  const demo = await prepare();
  try {
    const code = await tour(demo, options, context, signal);
    await stdout.line();
    if (options.keep) {
      await stdout.line(`Kept in ${demo.folder}. Go on with:`);
      await stdout.line(`  photon --config ${demo.config} search sunset`);
    } else {
      await stdout.line(`Everything was in ${demo.folder} and is removed now; --keep leaves it.`);
    }
    await stdout.line("Your own photos: photon process ~/Pictures -o photos.jsonl");
    return code;
  } finally {
    if (!options.keep) await rm(demo.folder, { recursive: true, force: true });
  }
};
