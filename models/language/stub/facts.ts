/** What a stub can know: the data block of the prompt, read back. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { LanguageRequest } from "../language-model.ts";

const BLOCK = /<photo_data>([\s\S]*?)<\/photo_data>/;
const blockSchema = z.record(z.string(), z.looseObject({ value: z.unknown() }));

/** Fields whose text a request is about, most telling first. */
const SUBJECT_FIELDS = ["request", "text", "caption", "subject", "body", "picture_text"];
const DAY = /\b\d{4}-\d\d-\d\d\b/;

export interface Facts {
  /** The value of a field: by its name, or by the end of it as in `image_tag.title`. */
  readonly field: (name: string) => unknown;
  readonly textField: (name: string) => string | undefined;
  /** Tags the prompt names, as they stand there. */
  readonly tags: readonly string[];
  /** First line of the text the request is about. */
  readonly firstLine: string | undefined;
  /** A line with a date, and the date. */
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

const lines = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export const readFacts = ({ user }: Pick<LanguageRequest, "user">): Facts => {
  const fields = parseBlock(user);
  const field = (name: string): unknown =>
    fields.get(name) ?? [...fields].find(([key]) => key.endsWith(`.${name}`))?.[1];
  const textField = (name: string): string | undefined => {
    const value = field(name);
    return typeof value === "string" && value.trim() !== "" ? value : undefined;
  };
  const texts = SUBJECT_FIELDS.flatMap((name) => lines(textField(name) ?? ""));
  const tags = z.array(z.string()).safeParse(field("tags"));
  const line = texts.find((candidate) => DAY.test(candidate));
  const day = line === undefined ? undefined : DAY.exec(line)?.[0];
  return {
    field,
    textField,
    tags: tags.success ? tags.data : [],
    firstLine: texts[0],
    dated: line === undefined || day === undefined ? undefined : { line, day },
    digest: createHash("sha256")
      .update(BLOCK.exec(user)?.[1] ?? user)
      .digest("hex"),
  };
};
