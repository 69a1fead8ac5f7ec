/** Finds the one JSON object in what a model wrote. */
import { jsonrepair } from "jsonrepair";

export type Extracted =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>>; readonly repaired: boolean }
  | { readonly ok: false; readonly why: "truncated" | "no_json" | "unparseable" };

// Models get stuck and write one sign for ever: every pattern here passes over such a text once.
const THINKING = /<think>(?:(?!<think>)[\s\S])*?<\/think>/gi;
const FENCE = /```(?:json)?([\s\S]*?)```/gi;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Pieces that may be the object: the whole text, what stands in fences, from the first brace to the last. */
const candidatesIn = (text: string): readonly string[] => {
  const first = text.indexOf("{");
  const last = text.lastIndexOf("}");
  const fenced = [...text.matchAll(FENCE)]
    .map((match) => (match[1] ?? "").trim())
    .filter((piece) => piece.startsWith("{"));
  return [
    ...(text.startsWith("{") ? [text] : []),
    ...fenced,
    ...(first >= 0 && last > first ? [text.slice(first, last + 1)] : []),
  ];
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // not JSON: the next candidate may be
  }
};

const repair = (candidate: string): unknown => {
  try {
    return parse(jsonrepair(candidate));
  } catch {
    return undefined; // beyond repair: the next candidate may not be
  }
};

/**
 * @param truncated the reply was cut off: repairing would quietly close the object and lose what it was about to say
 */
export const extractJson = (reply: string, truncated: boolean): Extracted => {
  if (truncated) return { ok: false, why: "truncated" };
  const candidates = candidatesIn(reply.replaceAll(THINKING, "").trim());
  // All candidates as they are first: repair makes an object of nearly anything.
  for (const read of [parse, repair]) {
    const value = candidates.map(read).find(isObject);
    if (value !== undefined) return { ok: true, value, repaired: read === repair };
  }
  return { ok: false, why: candidates.length > 0 ? "unparseable" : "no_json" };
};
