/** How a stub behaves is in its model's name: `ok`, `slow-200`, `error-503`, ... */
import { ConfigError } from "../../../src/errors.ts";

export type StubBehaviour =
  | { readonly kind: "ok" | "hang" | "invalid" | "refuse" | "truncated" }
  | { readonly kind: "slow"; readonly ms: number }
  | { readonly kind: "error"; readonly status: number }
  /** So many calls fail as overloaded, the next ones succeed. */
  | { readonly kind: "flaky"; readonly failures: number };

const PLAIN = ["ok", "hang", "invalid", "refuse", "truncated"] as const;
const NUMBERED = /^(slow|error|flaky)-(\d{1,6})$/;
const PREFIX = "stub/";

const numbered = (name: string): StubBehaviour | undefined => {
  const [, kind, digits] = NUMBERED.exec(name) ?? [];
  const number = Number(digits);
  if (kind === "slow") return { kind, ms: number };
  if (kind === "flaky") return { kind, failures: number };
  return kind === "error" && number >= 400 && number <= 599 ? { kind, status: number } : undefined;
};

/** The name without the provider: both `ok` and `stub/ok` are accepted. */
export const behaviourName = (modelId: string): string =>
  modelId.startsWith(PREFIX) ? modelId.slice(PREFIX.length) : modelId;

/** The name that marks every answer as a stub's. */
export const stubModelId = (modelId: string): string => `${PREFIX}${behaviourName(modelId)}`;

/** @throws ConfigError for a name that is no behaviour */
export const parseBehaviour = (modelId: string): StubBehaviour => {
  const name = behaviourName(modelId);
  const plain = PLAIN.find((known) => known === name);
  const behaviour = plain === undefined ? numbered(name) : { kind: plain };
  if (behaviour !== undefined) return behaviour;
  throw new ConfigError(`Expected a behaviour of the stub as its model, received "${name}".`, {
    hint: `Choose ${PLAIN.join(", ")}, slow-<ms>, error-<status from 400 to 599> or flaky-<n>.`,
  });
};
