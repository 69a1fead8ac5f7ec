/** Markdown answers of user-defined kinds: headings and words, nothing that a reader could run or follow. */
import { removeInvisible } from "../visible-text.ts";
import type { Issue } from "./issues.ts";

export interface MarkdownDocument {
  readonly markdown: string;
  /** Text below each heading, by heading. */
  readonly sections: Readonly<Record<string, string>>;
}

const OUTER_FENCE = /^```(?:markdown|md)?[^\S\n]*\n([\s\S]*)```$/i;
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/;
/** Characters; longer lines are text. */
const MAX_HEADING_LENGTH = 200;
const HTML = /<\/?[a-z!][^>]*>?/i;
const LINK = /\][([]|^[^\S\n]*\[[^\][]{1,500}\]:\s|\b(?:https?|ftp):\/\/|\bwww\./im;

const sectionsOf = (markdown: string): Readonly<Record<string, string>> => {
  const sections = new Map<string, string[]>();
  let lines: string[] | undefined;
  for (const line of markdown.split("\n")) {
    const heading = line.length > MAX_HEADING_LENGTH ? undefined : HEADING.exec(line)?.[1];
    if (heading === undefined) {
      lines?.push(line);
      continue;
    }
    lines = sections.get(heading) ?? [];
    sections.set(heading, lines);
  }
  return Object.fromEntries([...sections].map(([heading, text]) => [heading, text.join("\n").trim()]));
};

/** @param requiredSections headings; case does not count */
export const parseMarkdown = (
  reply: string,
  requiredSections: readonly string[],
): { readonly document: MarkdownDocument; readonly issues: readonly Issue[] } => {
  const text = removeInvisible(reply).trim();
  const markdown = OUTER_FENCE.exec(text)?.[1]?.trim() ?? text;
  const sections = sectionsOf(markdown);
  const filled = new Set(
    Object.entries(sections)
      .filter(([, body]) => body !== "")
      .map(([heading]) => heading.toLowerCase()),
  );
  const issues = requiredSections
    .filter((name) => !filled.has(name.toLowerCase()))
    .map((name) => ({ path: name, rule: "must be there as a heading with text below it" }));
  if (markdown === "") issues.push({ path: "", rule: "must not be empty" });
  if (HTML.test(markdown)) issues.push({ path: "", rule: "must have no HTML" });
  if (LINK.test(markdown)) issues.push({ path: "", rule: "must have no links" });
  return { document: { markdown, sections }, issues };
};
