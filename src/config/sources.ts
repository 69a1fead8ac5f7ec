/** Where a setting comes from. */
import type { ConfigKey } from "./schema.ts";

export type ValueSource =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly path: string; readonly line: number | undefined }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "flag"; readonly flag: string };

/** One value somebody gave, before validation. */
export interface GivenValue {
  readonly key: ConfigKey;
  readonly value: unknown;
  readonly source: ValueSource;
  /** Came out of a `*_API_KEY` variable: never shown. */
  readonly secret: boolean;
}

/** A value that was refused. */
export interface ConfigProblem {
  readonly key: string;
  readonly source: ValueSource;
  readonly expected: string;
  /** As shown to people; secrets are masked. */
  readonly received: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const MASK = "********";

export const describeSource = (source: ValueSource): string => {
  switch (source.kind) {
    case "default":
      return "default";
    case "file":
      return source.line === undefined ? source.path : `${source.path} line ${source.line}`;
    case "environment":
      return `environment variable ${source.variable}`;
    case "flag":
      return `flag ${source.flag}`;
    default:
      return source satisfies never;
  }
};
