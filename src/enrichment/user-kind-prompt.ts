/**
 * Prompt files of user-defined kinds. Placeholders name data; they become words that point into the data block, so that
 * nothing of a photo ever stands among the instructions.
 */
import type { InputName } from "./inputs.ts";

export const USER_INPUTS = [
  "image",
  "tags",
  "caption",
  "documents",
  "members",
  "capture_time",
  "camera",
  "place",
] as const satisfies readonly InputName[];
export type UserInput = (typeof USER_INPUTS)[number];

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

const pointerTo = (input: UserInput, requires: readonly string[]): string => {
  switch (input) {
    case "image":
      return "the picture";
    case "documents":
      return `the entries of the data block that begin with ${requires.map((kind) => `"${kind}."`).join(" or ")}`;
    case "members":
      return 'the entries of the data block that begin with "photo_"';
    case "tags":
    case "caption":
    case "capture_time":
    case "camera":
    case "place":
      return `the entry "${input}" of the data block, if it is there`;
    default:
      return input satisfies never;
  }
};

/** Names in placeholders that are none of the inputs declared. */
export const unknownPlaceholders = (text: string, inputs: readonly UserInput[]): readonly string[] =>
  [...text.matchAll(PLACEHOLDER)]
    .map((match) => match[1] ?? "")
    .filter((name) => !inputs.some((input) => input === name));

export const fillPlaceholders = (text: string, inputs: readonly UserInput[], requires: readonly string[]): string =>
  text.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
    const input = inputs.find((candidate) => candidate === name);
    return input === undefined ? placeholder : pointerTo(input, requires);
  });
