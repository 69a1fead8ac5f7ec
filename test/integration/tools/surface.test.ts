import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { instructions } from "../../../tools/instructions.ts";
import { createTestLibrary } from "../../support/library.ts";
import type { TestLibrary } from "../../support/library.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";

const MOST_TOKENS = 4000;
const CHARACTERS_PER_TOKEN = 4;

let library: TestLibrary;
beforeAll(async () => {
  library = await createTestLibrary();
});
afterAll(() => library[Symbol.asyncDispose]());

const toolsOf = async (options: Parameters<typeof connectInProcess>[1] = {}) => {
  await using served = await connectInProcess(library, options);
  return (await served.client.listTools()).tools;
};

test("what all tools say of themselves fits into 4,000 tokens", async () => {
  const tools = await toolsOf({ era: "pin" });
  expect(JSON.stringify(tools).length / CHARACTERS_PER_TOKEN).toBeLessThanOrEqual(MOST_TOKENS);
});

test("the surface is what it was: a change of it is a change of what assistants rely on", async () => {
  expect(await toolsOf({ era: "pin" })).toMatchSnapshot();
});

test("every client gets the same list in the same order", async () => {
  const lists = await Promise.all(ERAS.map(async (era) => JSON.stringify(await toolsOf({ era }))));
  expect(new Set(lists).size).toBe(1);
});

test("schemas are valid, closed where the model writes and open where it reads", async () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  for (const { name, inputSchema, outputSchema } of await toolsOf()) {
    expect(() => ajv.compile(inputSchema as object), name).not.toThrow();
    expect(inputSchema, name).toMatchObject({ type: "object", additionalProperties: false });
    if (outputSchema === undefined) continue;
    expect(() => ajv.compile(outputSchema as object), name).not.toThrow();
    expect(outputSchema["type"], name).toBe("object");
    expect(JSON.stringify(outputSchema), name).not.toContain('"additionalProperties":false');
  }
});

test("every number, text and list that a model may write has a bound", async () => {
  const unbounded: string[] = [];
  const look = (path: string, schema: unknown): void => {
    if (typeof schema !== "object" || schema === null) return;
    const node = schema as Readonly<Record<string, unknown>>; // any object
    const isFixed = node["enum"] !== undefined || node["const"] !== undefined;
    if (node["type"] === "string" && !isFixed && node["maxLength"] === undefined) unbounded.push(path);
    if (node["type"] === "array" && node["maxItems"] === undefined) unbounded.push(path);
    if (
      node["type"] === "integer" &&
      !isFixed &&
      (node["maximum"] === undefined || Number(node["maximum"]) > 2 ** 52)
    ) {
      unbounded.push(path);
    }
    for (const [key, value] of Object.entries(node)) look(`${path}.${key}`, value);
  };
  for (const { name, inputSchema } of await toolsOf()) look(name, inputSchema);
  expect(unbounded).toEqual([]);
});

test("names and descriptions are of the agreed form", async () => {
  for (const { name, title, description = "" } of await toolsOf()) {
    expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(`mcp__photon__${name}`.length).toBeLessThan(64);
    expect(title?.length ?? 0).toBeGreaterThan(3);
    expect(description.split(/[.:;] /).length, name).toBeLessThanOrEqual(6);
    expect(description.length, name).toBeGreaterThan(20);
  }
});

test("instructions are short, begin with the way to go, and name only what is there", async () => {
  expect(instructions.length).toBeLessThan(1200);
  expect(instructions.split("\n")[0]).toMatch(/search_by_embedding.*view_photos.*annotate/);
  const names = (await toolsOf()).map(({ name }) => name);
  for (const word of instructions.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? []) {
    if (!["job_id", "confirm_token"].includes(word)) expect(names).toContain(word);
  }
});

test("read-only serves nothing that writes, and --tools only what it names", async () => {
  const readers = await toolsOf({ flags: { readOnly: true } });
  expect(readers.every(({ annotations }) => annotations?.readOnlyHint === true)).toBe(true);
  expect(readers.map(({ name }) => name)).not.toContain("annotate");
  const few = await toolsOf({ flags: { only: ["get_status", "search_by_embedding"] } });
  expect(few.map(({ name }) => name).filter((name) => name !== "gallery_page")).toEqual([
    "search_by_embedding",
    "get_status",
  ]);
});
