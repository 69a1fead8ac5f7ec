/** Options of `photon process` and what they and the settings ask the pipeline for. */
import { z } from "zod";
import type { Config } from "../../config.ts";
import type { RecordOptions } from "../../photo/record.ts";
import type { ProcessSettings } from "../../pipeline/outcome.ts";
import { argument, flag } from "../command.ts";
import { enrichmentFlags } from "./enrichment-options.ts";

const isSet = z.boolean().default(false);
const either = z.boolean().optional();

export const processOptions = z.object({
  inputs: argument("<input...>", z.array(z.string().min(1)).min(1), "Photos, or folders to look through."),
  output: flag("-o, --output <path>", z.string().min(1).optional(), "Write records into a file instead of stdout."),
  format: flag(
    "-f, --format <format>",
    z.enum(["json", "jsonl"]).optional(),
    "json: one array. jsonl: one record per line. Else the extension of the output file decides, then output.format.",
  ),
  skipExisting: flag("--skip-existing", isSet, "Keep the records in the output file and add only what is missing."),
  ordered: flag("--ordered", isSet, "Write jsonl in the order of the inputs, not as photos finish."),
  errors: flag("--errors <form>", z.enum(["none", "jsonl"]).optional(), "jsonl: write a record for each failure.", {
    config: "output.errors",
  }),
  compat: flag("--compat", isSet, "Write only the fields of the original program."),
  embedding: flag("--no-embedding", z.boolean().default(true), "Compute no vectors, and so no tags."),
  tagging: flag("--[no-]tagging", either, "Name what is in each photo.", { config: "tagging.enabled" }),
  showTagPaths: flag("--[no-]show-tag-paths", either, "Write the path of each tag: animal > dog > beagle.", {
    config: "tagging.show_paths",
  }),
  dedupTags: flag("--[no-]dedup-tags", either, "Drop a tag when a more specific one is as sure.", {
    config: "tagging.deduplicate_ancestors",
  }),
  quality: flag(
    "--quality <quality>",
    z.enum(["fast", "high"]).optional(),
    "Model: fast, or the larger one installed.",
  ),
  thumbnail: flag("--[no-]thumbnail", either, "Make thumbnails.", { config: "thumbnail.enabled" }),
  thumbnailSize: flag("--thumbnail-size <pixels>", z.int().optional(), "Longest edge of a thumbnail.", {
    config: "thumbnail.size",
  }),
  thumbnailQuality: flag("--thumbnail-quality <quality>", z.int().optional(), "Quality of thumbnails, 1 to 100.", {
    config: "thumbnail.quality",
  }),
  parallel: flag(
    "-p, --parallel <count>",
    z.int().optional(),
    "Photos worked on at the same time; at most 4 per CPU core.",
  ),
  store: flag("--no-store", z.boolean().default(true), "Neither read nor write the library."),
  force: flag("--force", isSet, "Process photos again that are up to date."),
  dryRun: flag("--dry-run", isSet, "Only count the photos and their bytes; with --llm also say what that would cost."),
  ...enrichmentFlags,
  quiet: flag("-q, --quiet", isSet, "Show no progress and no summary."),
});

export type ProcessFlags = z.output<typeof processOptions>;

export const processSettings = (flags: ProcessFlags, { thumbnail, tagging }: Config): ProcessSettings => ({
  thumbnail: thumbnail.enabled
    ? { size: thumbnail.size, format: thumbnail.format, quality: thumbnail.quality }
    : undefined,
  embedding: flags.embedding,
  tagging:
    flags.embedding && tagging.enabled
      ? {
          minConfidence: tagging.min_confidence,
          maxTags: tagging.max_tags,
          deduplicateAncestors: tagging.deduplicate_ancestors,
        }
      : undefined,
  ...(flags.quality === undefined ? {} : { quality: flags.quality }),
});

export const recordOptions = (flags: ProcessFlags, { output, thumbnail, tagging }: Config): RecordOptions => ({
  compat: flags.compat,
  includeEmbedding: output.include_embedding && flags.embedding,
  thumbnail: thumbnail.enabled,
  showTagPaths: tagging.show_paths,
  tagPathDepth: tagging.path_max_depth,
});

const WORKERS_PER_CORE = 4;

export interface WorkerCount {
  readonly workers: number;
  /** Set when the wish was out of range. */
  readonly warning?: string;
}

/** @param cores CPU cores of this machine */
export const chooseWorkers = (wanted: number, cores: number): WorkerCount => {
  const most = WORKERS_PER_CORE * cores;
  const workers = Math.min(Math.max(wanted, 1), most);
  if (workers === wanted) return { workers };
  return { workers, warning: `Working on ${workers} photos at the same time: ${wanted} is outside 1 to ${most}.` };
};
