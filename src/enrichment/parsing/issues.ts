/** What is wrong with an answer, as rules: never with a value of it, because values are a stranger's words. */
import type { z } from "zod";

export interface Issue {
  /** `tags[2]`, `events[0].starts_at`; empty = the answer as a whole. */
  readonly path: string;
  /** What must be so. */
  readonly rule: string;
}

const MAX_ISSUES = 5;

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");

const UNITS: Readonly<Record<string, string>> = { string: "characters", array: "items" };

const ruleOf = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case "invalid_type":
      return `must be of type ${issue.expected === "int" ? "whole number" : issue.expected}`;
    case "too_big":
      return `must have at most ${issue.maximum} ${UNITS[issue.origin] ?? "as its value"}`;
    case "too_small":
      return `must have at least ${issue.minimum} ${UNITS[issue.origin] ?? "as its value"}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    case "unrecognized_keys":
      return "must have no fields beside those asked for";
    case "invalid_format":
    case "custom":
      return issue.message; // written in the schema
    case "invalid_element":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
      return "must have the form asked for";
    default:
      return issue satisfies never;
  }
};

export const issuesOf = (error: z.ZodError): readonly Issue[] =>
  error.issues.map((issue) => ({ path: pathText(issue.path), rule: ruleOf(issue) }));

/** The turn that asks for the answer again; the answer itself stands before it in the conversation. */
export const reAskText = (issues: readonly Issue[]): string =>
  [
    "The answer does not have the form asked for:",
    ...issues.slice(0, MAX_ISSUES).map(({ path, rule }) => `- ${path === "" ? "the answer" : path}: ${rule}`),
    "Answer again, completely and in the form asked for.",
  ].join("\n");
