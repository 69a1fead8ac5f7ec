/** What a stub can know: the data block of the prompt, read back. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { LanguageRequest } from "../language-model.ts";

const BLOCK = /<photo_data>([\s\S]*?)<\/photo_data>/;
const blockSchema = z.record(z.string(), z.looseObject({ value: z.unknown() }));

/** Fields whose text a request is about. */
const SUBJECT_FIELD = /^(request|text|caption|mail_subject|mail_body(_\d+)?|picture_text(_\d+)?)$/;
const DAY = /\b\d{4}-\d\d-\d\d\b/g;

export interface Facts {
  /** Fields of the data block by name. */
  readonly fields: ReadonlyMap<string, unknown>;
  readonly textField: (name: string) => string | undefined;
  /** Tags the prompt names, as they stand there. */
  readonly tags: readonly string[];
  /** First line of the text the request is about. */
  readonly firstLine: string | undefined;
  /** A line with a day of the calendar, and the day. */
  readonly dated: { readonly line: string; readonly day: string } | undefined;
  /** SHA-256 of the data block in hex: what makes answers differ. */
  readonly digest: string;
}

const parseBlock = (user: string): ReadonlyMap<string, unknown> => {
  const block = BLOCK.exec(user)?.[1];
  if (block === undefined) return new Map([["text", user]]);
  const parsed = blockSchema.parse(JSON.parse(block)); // a block that is no JSON is a bug of the prompt builder
  return new Map(Object.entries(parsed).map(([name, { value }]) => [name, value]));
};

const linesOf = (text: unknown): readonly string[] =>
  typeof text === "string"
    ? text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "")
    : [];

const isDay = (text: string): boolean => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) ?? false;

const findDated = (lines: readonly string[]): Facts["dated"] =>
  lines.flatMap((line) => (line.match(DAY) ?? []).map((day) => ({ line, day }))).find(({ day }) => isDay(day));

export const readFacts = ({ user }: Pick<LanguageRequest, "user">): Facts => {
  const fields = parseBlock(user);
  const subject = [...fields].flatMap(([name, value]) => (SUBJECT_FIELD.test(name) ? linesOf(value) : []));
  const tags = z.array(z.string()).safeParse(fields.get("tags"));
  return {
    fields,
    textField: (name) => {
      const value = fields.get(name);
      return typeof value === "string" && value.trim() !== "" ? value : undefined;
    },
    tags: tags.success ? tags.data : [],
    firstLine: subject[0],
    dated: findDated(subject),
    digest: createHash("sha256")
      .update(BLOCK.exec(user)?.[1] ?? user)
      .digest("hex"),
  };
};
