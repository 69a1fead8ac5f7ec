/** What the inspector is asked to do, and what its answer must hold. */

export interface InspectionInput {
  readonly node: string;
  /** The launcher. */
  readonly photon: string;
  /** Of photos that an earlier inspection found. */
  readonly ids: readonly string[];
}

export interface Inspection {
  readonly name: string;
  /** The words after `--cli`. */
  readonly words: (input: InspectionInput) => readonly string[];
  /** A sentence when the answer is wrong. The exit code has been checked. */
  readonly problem: (stdout: string) => string | undefined;
  readonly idsIn?: (stdout: string) => readonly string[];
}

const server = ({ node, photon }: InspectionInput): readonly string[] => [node, photon, "mcp"];

const mustHold =
  (...parts: readonly string[]) =>
  (stdout: string): string | undefined => {
    const missing = parts.filter((part) => !stdout.includes(part));
    return missing.length === 0 ? undefined : `Expected ${missing.join(", ")} in the answer, received none.`;
  };

const PROTOCOLS = ["modern", "legacy", "auto"] as const;

const listing = (method: string, parts: readonly string[], more: readonly string[] = []): readonly Inspection[] =>
  PROTOCOLS.map((protocol) => ({
    name: `${method}, ${protocol}`,
    words: (input) => ["--protocol-era", protocol, "--method", method, ...more, ...server(input)],
    problem: mustHold(...parts),
  }));

const callWords = (tool: string, input: object, more: readonly string[] = []): readonly string[] => [
  "--method",
  "tools/call",
  "--tool-name",
  tool,
  "--tool-args-json",
  JSON.stringify(input),
  "-q",
  ...more,
];

export const inspections: readonly Inspection[] = [
  ...listing(
    "tools/list",
    ["search_by_embedding", "view_photos", "describe", "process", "get_enrichment"],
    ["--strict", "--format", "json"],
  ),
  ...listing("resources/list", ["photon://status", "ui://photon/gallery.html"]),
  ...listing("prompts/list", ["find_photo", "write_alt_text"]),
  {
    name: "tools/call search_by_embedding",
    words: (input) => [...callWords("search_by_embedding", {}), ...server(input)],
    problem: mustHold('"hits"', '"total"'),
    idsIn: (stdout) => [...new Set(stdout.match(/\b[0-9a-f]{12}\b/g))].slice(0, 3),
  },
  {
    name: "200 calls, 10 at a time",
    words: (input) => [
      ...callWords("search_by_embedding", { text: "red" }),
      "--load",
      "--load-requests",
      "200",
      "--load-concurrency",
      "10",
      ...server(input),
    ],
    problem: () => undefined,
  },
  {
    name: "tools/call view_photos has its page",
    words: (input) => [...callWords("view_photos", { ids: input.ids }, ["--app-info"]), ...server(input)],
    problem: mustHold("ui://photon/gallery.html"),
  },
  {
    name: "prompts/get find_photo",
    words: (input) => [
      "--method",
      "prompts/get",
      "--prompt-name",
      "find_photo",
      "--prompt-args",
      "what=dog",
      "--",
      ...server(input),
    ],
    problem: mustHold("dog"),
  },
];
