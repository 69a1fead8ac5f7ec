import { expect, test } from "vitest";
import { z } from "zod";
import { annotationsOf, servedTools } from "../../../tools/served-tools.ts";
import type { Tool } from "../../../tools/tool.ts";

const tool = (name: string, more: Partial<Tool> = {}): Tool => ({
  name,
  title: name,
  description: name,
  input: z.strictObject({}),
  effect: "read",
  handle: async () => ({ kind: "data", data: {} }),
  ...more,
});
const tools = [
  tool("search"),
  tool("annotate", { effect: "write" }),
  tool("remove", { effect: "destroy" }),
  tool("describe", {
    effect: ({ provider }) => (provider === undefined ? "read" : "write"),
    openWorld: ({ provider }) => provider?.leavesMachine ?? false,
  }),
  tool("gallery_page", { app: "ui://photon/gallery.html", appOnly: true }),
];
const settings = { readOnly: false, images: "include" } as const;
const provider = { name: "openai", leavesMachine: true };
const namesOf = (more: object): readonly string[] =>
  servedTools(tools, { ...settings, ...more }).map(({ name }) => name);

test("every tool is served in its order; read-only leaves those that change nothing", () => {
  expect(namesOf({})).toEqual(["search", "annotate", "remove", "describe", "gallery_page"]);
  expect(namesOf({ readOnly: true })).toEqual(["search", "describe", "gallery_page"]);
});

test("a list of names leaves those, and what their pages need", () => {
  expect(namesOf({ only: ["remove", "search"] })).toEqual(["search", "remove", "gallery_page"]);
  expect(namesOf({ only: ["remove", "search"], readOnly: true })).toEqual(["search", "gallery_page"]);
  expect(() => namesOf({ only: ["serch"] })).toThrow(/received "serch"/);
});

test("clients are told of effects as the tools have them", () => {
  const [search, annotate, remove, describe] = tools.map((one) => annotationsOf(one, { ...settings, provider }));
  expect(search).toEqual({ readOnlyHint: true, openWorldHint: false });
  expect(annotate).toEqual({ readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false });
  expect(remove).toMatchObject({ readOnlyHint: false, destructiveHint: true });
  expect(describe).toMatchObject({ readOnlyHint: false, openWorldHint: true });
});
