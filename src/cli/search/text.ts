/** Photos and answers as people read them. Words that come from photos lose their control characters here. */
import { relative } from "node:path";
import { formatCaptureTime } from "../../photo/capture-time.ts";
import type { HitSignals, PhotoSummary, SearchHit, SearchReply } from "../../search/types.ts";
import type { Output } from "../terminal.ts";
import { formatPlural, formatTable } from "../terminal.ts";

export interface TextOptions {
  readonly output: Pick<Output, "style">;
  readonly workingDirectory: string;
}

/** C0, C1, and the marks that turn the direction of text around. */
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const UNPRINTABLE = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;
const SHOWN_TAGS = 8;
/** Characters of title and tags. */
const ABOUT_LENGTH = 160;
const INDENT = "    ";

export const printable = (text: string): string => text.replaceAll(UNPRINTABLE, "\uFFFD");

/** Relative below the working directory, absolute elsewhere. */
export const shownPath = (path: string, workingDirectory: string): string => {
  const below = relative(workingDirectory, path);
  return printable(below === "" || below.startsWith("..") ? path : below);
};

export const placeText = (photo: PhotoSummary, { output, workingDirectory }: TextOptions): string => {
  const [first, ...others] = photo.places;
  if (first === undefined) return output.style("dim", "(no file)");
  const marks = [first.online ? "" : " (offline)", others.length === 0 ? "" : ` (+${others.length} more)`].join("");
  return shownPath(first.path, workingDirectory) + output.style("dim", marks);
};

/** `2024-06-15 14:30`, blanks when unknown. */
export const dateText = ({ capturedAt }: PhotoSummary): string =>
  capturedAt === undefined ? "-".padEnd(16) : formatCaptureTime(capturedAt).slice(0, 16).replace("T", " ");

const scoreText = ({ score, match }: SearchHit, { output }: TextOptions): string => {
  if (score === undefined) return "";
  return output.style(match === "good" ? "green" : "yellow", score.toFixed(2));
};

const percent = (share: number, whole: number): string => `${whole === 0 ? 0 : Math.round((100 * share) / whole)} %`;

export const explanation = ({ vector, text, fused, penalty }: HitSignals): string =>
  [
    vector &&
      `picture: rank ${vector.rank}, ${percent(vector.share, fused)}, cosine ${vector.cosine.toFixed(3)}, score ${vector.score.toFixed(2)}`,
    text &&
      `words: rank ${text.rank}, ${percent(text.share, fused)}, ${percent(text.coverage, 1)} of the words, score ${text.score.toFixed(2)}`,
    penalty === undefined || penalty === 0 ? undefined : `avoided: -${penalty.toFixed(2)}`,
  ]
    .filter((part) => part !== undefined)
    .join("; ");

const detailLines = ({ photo, signals }: SearchHit, { output }: TextOptions): readonly string[] => {
  const words = [photo.title ?? photo.caption ?? photo.described?.title, photo.tags.slice(0, SHOWN_TAGS).join(", ")];
  const about = printable(words.filter((part) => part !== undefined && part !== "").join(" - ")).slice(0, ABOUT_LENGTH);
  const lines = [about, signals === undefined ? "" : explanation(signals)].filter((line) => line !== "");
  return lines.map((line) => output.style("dim", INDENT + line));
};

/** One hit: rank, score, date, id and path on the first line, then title, tags and explanation. */
export const hitText = (hit: SearchHit, options: TextOptions): string => {
  const { output } = options;
  const cells = [
    `${hit.rank}`.padStart(3),
    scoreText(hit, options),
    dateText(hit.photo),
    output.style("cyan", hit.id),
    placeText(hit.photo, options),
  ].filter((cell) => cell !== "");
  return `${formatTable([cells])}${detailLines(hit, options)
    .map((line) => `${line}\n`)
    .join("")}`;
};

/** What stands below the hits, on stderr: how many, what is left out, how to go on. */
export const summaryLines = (reply: SearchReply, limit: number): readonly string[] => {
  const [first, last] = [reply.hits[0], reply.hits.at(-1)];
  if (first === undefined || last === undefined) return reply.notes;
  const searched = `${formatPlural(reply.total, "photo")} ${reply.mode === "browse" ? "in all" : "searched"}`;
  const next = last.rank % limit === 0 ? `--page ${last.rank / limit + 1}` : `--cursor ${reply.nextCursor}`;
  const more = reply.nextCursor === undefined ? "" : `; more with ${next}`;
  return [...reply.notes, `${first.rank} to ${last.rank}, ${searched}${more}.`];
};
