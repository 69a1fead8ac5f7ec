/** Tags with their origin, as people read them. */
import type { StoredTag, TagSource } from "../photo/types.ts";
import type { Output } from "./terminal.ts";
import { formatTable } from "./terminal.ts";
import { printable } from "./search/text.ts";

const SOURCE_NAMES: Readonly<Record<TagSource, string>> = {
  user: "you",
  "zero-shot": "model",
  llm: "language model",
  sidecar: "sidecar file",
  file: "photo file",
};

const DATE_LENGTH = "2024-01-31".length;

const confidenceText = ({ confidence, provenance }: StoredTag): string => {
  if (provenance.source === "user") return "";
  const uncalibrated = provenance.calibrationId?.endsWith("/uncalibrated") === true;
  return `${confidence.toFixed(2)}${uncalibrated ? " uncalibrated" : ""}`;
};

/** One line per tag: name, confidence, source, run, date, model. */
export const tagTable = (tags: readonly StoredTag[], { style }: Pick<Output, "style">): string =>
  formatTable([
    ["tag", "confidence", "from", "run", "date", "model"].map((title) => style("dim", title)),
    ...tags.map((tag) => [
      printable(tag.name),
      confidenceText(tag),
      SOURCE_NAMES[tag.provenance.source],
      tag.provenance.runId === undefined ? "" : String(tag.provenance.runId),
      new Date(tag.provenance.at).toISOString().slice(0, DATE_LENGTH),
      tag.provenance.vectorKey ?? "",
    ]),
  ]);
