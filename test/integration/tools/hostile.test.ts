import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tools } from "../../../tools/tools.ts";
import type { HostileLibrary } from "../../support/hostile-library.ts";
import { createHostileLibrary, ORDER } from "../../support/hostile-library.ts";
import type { InProcessClient } from "../../support/mcp.ts";
import { connectInProcess } from "../../support/mcp.ts";

let hostile: HostileLibrary;
let served: InProcessClient;
beforeAll(async () => {
  hostile = await createHostileLibrary();
  served = await connectInProcess(hostile.library, { era: "pin" });
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await hostile[Symbol.asyncDispose]();
});

interface Answer {
  readonly isRefused: boolean;
  readonly text: string;
}

/** A refusal is a result that says so, or an error of the protocol; both reach the model as text. */
const call = async (name: string, input: Readonly<Record<string, unknown>>): Promise<Answer> => {
  try {
    const result = await served.client.callTool({ name, arguments: input });
    return { isRefused: result.isError === true, text: JSON.stringify(result) };
  } catch (error) {
    return { isRefused: true, text: String(error) };
  }
};

const HUGE = "x".repeat(1_000_000);
const many = <Value>(count: number, value: Value): readonly Value[] => Array.from({ length: count }, () => value);
const deep = (levels: number): unknown => (levels === 0 ? 1 : { a: deep(levels - 1) });

type Input = Readonly<Record<string, unknown>>;
type Case = readonly [what: string, tool: string, input: (library: HostileLibrary) => Input, helps: RegExp];

const forms: readonly Case[] = [
  ["two queries at once", "search_by_embedding", () => ({ text: "dog", like_id: "0123456789ab" }), /one of text/],
  ["text that is no text", "search_by_embedding", () => ({ text: { $ne: "" } }), /text.*string/is],
  ["a megabyte of text", "search_by_embedding", () => ({ text: HUGE }), /1000/],
  ["a limit below one", "search_by_embedding", () => ({ limit: 0 }), /limit/],
  ["a limit above all", "search_by_embedding", () => ({ limit: 1e9 }), /limit.*50/s],
  ["a limit that is no whole number", "search_by_embedding", () => ({ limit: 1.5 }), /limit/],
  ["a limit as text", "search_by_embedding", () => ({ limit: "12; DROP TABLE photos" }), /limit/],
  ["an order nobody knows", "search_by_embedding", () => ({ sort: "best" }), /newest/],
  ["an unknown filter", "search_by_embedding", () => ({ filters: { where: "1=1" } }), /where/],
  ["a filter that is a list", "search_by_embedding", () => ({ filters: ["tags"] }), /filters/],
  [
    "a prototype",
    "search_by_embedding",
    () => JSON.parse('{"filters":{"__proto__":{"admin":true},"x":1}}') as Input,
    /x/,
  ],
  ["a date that is none", "search_by_embedding", () => ({ filters: { taken_from: "yesterday" } }), /2024|date/i],
  ["a day that never was", "search_by_embedding", () => ({ filters: { taken_to: "2024-02-31" } }), /2024-02-31|date/i],
  [
    "a place off the globe",
    "search_by_embedding",
    () => ({ filters: { near: { lat: 999, lon: 0, km: 1 } } }),
    /latitude|lat/i,
  ],
  [
    "a radius below nothing",
    "search_by_embedding",
    () => ({ filters: { near: { lat: 0, lon: 0, km: -1 } } }),
    /km|kilomet/i,
  ],
  ["too many tags", "search_by_embedding", () => ({ filters: { tags: many(11, "dog") } }), /tags/],
  ["a vector of two numbers", "search_by_embedding", () => ({ embedding: [1, 2] }), /dimension|length|numbers/i],
  ["a vector of words", "search_by_embedding", () => ({ embedding: many(512, "NaN") }), /embedding/],
  ["a vector without a length", "search_by_embedding", () => ({ embedding: [] }), /dimension|numbers|embedding/i],
  [
    "a vector of ten thousand",
    "search_by_embedding",
    () => ({ embedding: many(10_000, 0.1) }),
    /2000|too|elements|large/i,
  ],
  ["a mix of nothing", "search_by_embedding", () => ({ mix: [] }), /mix/],
  ["a mix of nine", "search_by_embedding", () => ({ mix: many(9, { text: "a" }) }), /mix.*8/s],
  ["a mix of both", "search_by_embedding", () => ({ mix: [{ text: "a", like_id: "0123456789ab" }] }), /both or none/],
  ["a weight of a thousand", "search_by_embedding", () => ({ mix: [{ text: "a", weight: 1000 }] }), /weight/],
  ["a score above one", "search_by_embedding", () => ({ min_score: 2 }), /min_score/],
  [
    "an id that is a path",
    "search_by_embedding",
    () => ({ like_id: "../../etc/passwd" }),
    /search_by_embedding|no photo id/,
  ],
  ["an object a hundred deep", "search_by_embedding", () => ({ filters: deep(100) }), /filters|a/],
  [
    "three thousand keys",
    "search_by_embedding",
    () => Object.fromEntries(many(3000, 0).map((_, n) => [`k${n}`, n])),
    /2000|k0|elements|large/i,
  ],
  ["a cursor that was made up", "search_by_embedding", () => ({ cursor: "bm9uc2Vuc2U" }), /cursor/i],
  ["a cursor full of noise", "search_by_embedding", () => ({ cursor: "\u0000'; --" }), /cursor/i],
  ["a cursor of a megabyte", "search_by_embedding", () => ({ cursor: HUGE }), /cursor/],
  ["no ids", "view_photos", () => ({ ids: [] }), /ids/],
  ["thirty-one ids", "view_photos", () => ({ ids: many(31, "0123456789ab") }), /ids.*30/s],
  [
    "nine photos one by one",
    "view_photos",
    ({ ids }) => ({ ids: [...ids, ...many(9, 0).map((_, n) => `00000000000${n}`)], layout: "single" }),
    /8/,
  ],
  ["a size nobody offers", "view_photos", ({ ids }) => ({ ids: [ids[0]], size: 100_000 }), /size|1024/],
  ["a layout nobody offers", "view_photos", ({ ids }) => ({ ids: [ids[0]], layout: "poster" }), /single/],
  ["an id with a NUL", "view_photos", () => ({ ids: ["0123456789ab\u0000"] }), /search_by_embedding/],
  ["an id that is an address", "view_photos", () => ({ ids: ["photo://0123456789ab"] }), /search_by_embedding/],
  ["an id of a megabyte", "view_photos", () => ({ ids: [HUGE] }), /200/],
  ["ids that nobody has", "view_photos", () => ({ ids: ["ffffffffffff"] }), /No photo ffffffffffff/],
  ["an id of another sort", "describe", () => ({ ids: [42] }), /ids/],
  ["twenty-one ids", "describe", () => ({ ids: many(21, "0123456789ab") }), /20/],
  ["a wait of an hour", "describe", ({ ids }) => ({ ids: [ids[0]], wait_seconds: 3600 }), /wait_seconds.*50/s],
  ["SQL for an id", "describe", () => ({ ids: ["' OR 1=1 --"] }), /no photo id/],
  ["a cursor of another library", "changes_since", () => ({ cursor: "AAAAAAAA.999999" }), /cursor/i],
  ["a kind nobody knows", "changes_since", () => ({ kinds: ["deleted; DROP TABLE"] }), /kinds/],
  ["a mode nobody knows", "find_duplicates", () => ({ mode: "all" }), /exact/],
  ["a threshold beyond reason", "find_duplicates", () => ({ mode: "near", threshold: 1e6 }), /threshold/],
  ["a cursor that was made up for duplicates", "find_duplicates", () => ({ cursor: "zzzz" }), /cursor/i],
  ["a grouping nobody knows", "get_costs", () => ({ by: "user" }), /by/],
  ["a day that is none", "get_costs", () => ({ from: "soon" }), /from|date|2024/i],
  ["a job nobody has", "get_status", () => ({ job_id: "../../../etc" }), /job|run/i],
  ["a kind of enrichment nobody knows", "get_enrichment", ({ ids }) => ({ ids: [ids[0]], kind: "eval(1)" }), /kind/i],
  ["neither ids nor job", "get_enrichment", () => ({}), /ids|job_id/],
];

const paths: readonly Case[] = (
  [
    ["a file of the system", () => "/etc/passwd"],
    ["a file outside", ({ at }) => at("outside", "tax-return-2024.jpg")],
    ["a sibling that begins like the root", ({ at }) => at("photos-private", "tax-return-2024.jpg")],
    ["dots out of the root", ({ at }) => `${at("photos")}/../outside/tax-return-2024.jpg`],
    ["relative dots out of the root", () => "../outside/tax-return-2024.jpg"],
    ["a link to a file outside", ({ at }) => at("photos", "innocent.jpg")],
    ["a file below a link to a folder outside", ({ at }) => at("photos", "holiday", "tax-return-2024.jpg")],
    ["a NUL", ({ at }) => `${at("photos", "p2.jpg")}\u0000.png`],
    ["an address", ({ at }) => `file://${at("outside", "tax-return-2024.jpg")}`],
    ["a home folder", () => "~/.ssh/id_rsa"],
    ["the library's own database", ({ at }) => at("home", "catalogue.db")],
    ["a variable", () => "$HOME/photos"],
  ] as const satisfies readonly (readonly [string, (library: HostileLibrary) => string])[]
).flatMap(([what, pathOf]): readonly Case[] => [
  [`${what} as an example`, "search_by_embedding", (library) => ({ like_path: pathOf(library) }), /photo folders|path/],
  [
    `${what} to be processed`,
    "process",
    (library) => ({ paths: [pathOf(library)], wait_seconds: 0 }),
    /photo folders|path/,
  ],
  [`${what} to be watched`, "watch_folder", (library) => ({ path: pathOf(library) }), /photo folders|path|root/],
]);

const writes: readonly Case[] = [
  ["two hundred and one paths", "process", () => ({ paths: many(201, "a.jpg") }), /200/],
  ["no path", "process", () => ({ paths: [] }), /paths/],
  ["a text that is too long", "annotate", ({ ids }) => ({ id: ids[0], title: HUGE }), /title/],
  ["no text at all", "annotate", ({ ids }) => ({ id: ids[0] }), /title|description|tags/],
  ["eleven tags", "annotate", ({ ids }) => ({ id: ids[0], tags: many(11, "a").map((tag, n) => `${tag}${n}`) }), /tags/],
  ["a photo nobody has", "annotate", () => ({ id: "ffffffffffff", title: "x" }), /No photo/],
  ["an action nobody knows", "review_enrichment", ({ ids }) => ({ action: "approve", ids: [ids[0]] }), /confirm/],
  ["five hundred and one photos to remove", "remove_from_index", () => ({ ids: many(501, "0123456789ab") }), /500/],
  ["everything to remove", "remove_from_index", () => ({}), /ids|folder/],
  ["five hundred and one photos to enrich", "request_enrichment", () => ({ ids: many(501, "0123456789ab") }), /500/],
  ["an empty path to watch", "watch_folder", () => ({ path: "" }), /path/],
];

const expectRefusal = async ([, tool, input, helps]: Case): Promise<void> => {
  const { isRefused, text } = await call(tool, input(hostile));
  expect(text).toMatch(helps);
  expect(isRefused).toBe(true);
  for (const secret of hostile.secrets) expect(text).not.toContain(secret);
  expect(text.length).toBeLessThan(4000);
};

describe("what does not have the right form is refused with what would be right", () => {
  test.each([...forms, ...writes])("%s, to %s", async (...given) => expectRefusal(given));
});

describe("no path leads out of the photo folders, and none is told", () => {
  test.each(paths)("%s, to %s", async (...given) => expectRefusal(given));
});

test.each(tools.map(({ name }) => name))("%s refuses a key it does not know, and names it", async (name) => {
  const { isRefused, text } = await call(name, { surprise_key: true, ["$where"]: "1" });
  expect(isRefused).toBe(true);
  expect(text).toContain("surprise_key");
});

test.each(["nonsense", "constructor", "__proto__", "../get_status", "", "x".repeat(10_000)])(
  "a tool called %j does not exist",
  async (name) => {
    await expect(served.client.callTool({ name, arguments: {} })).rejects.toMatchObject({ code: -32602 });
  },
);

test("words in files, names and metadata are data: in fields of their own, cleaned, with their source", async () => {
  const described = await served.client.callTool({
    name: "describe",
    arguments: { ids: [hostile.ids[0]], detail: "full" },
  });
  const text = JSON.stringify(described.structuredContent);
  expect(text).toContain(ORDER);
  expect(text).toContain("exif");
  expect(text).not.toMatch(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]|\\u00[01]|\\[bfrt]/); // JSON escapes the others
  const found = await served.client.callTool({ name: "search_by_embedding", arguments: { limit: 50 } });
  expect(found.structuredContent).toMatchObject({ total: 6 });
  const listed = await served.client.callTool({ name: "view_photos", arguments: { ids: [...hostile.ids] } });
  expect(listed.isError).not.toBe(true);
});

test("after all of this the library is as it was, and the server answers", async () => {
  const { structuredContent } = await served.client.callTool({ name: "get_status", arguments: {} });
  expect(structuredContent).toMatchObject({ indexed: 6 });
});
