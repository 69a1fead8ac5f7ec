/** The state of providers and queue, for people. */
import type { LlmStatus, ModelStatus, PauseStatus, ProviderStatus } from "../../app/enrichment/llm-status.ts";
import { pauseText } from "../../app/enrichment/llm-status.ts";
import type { Output } from "../terminal.ts";
import { formatCount, formatPlural, formatTable } from "../terminal.ts";

/** Local time to the minute. */
const timeText = (at: number): string => new Date(at).toLocaleString("sv-SE").slice(0, "2026-03-04 09:30".length);

const circuitText = ({ circuit, unavailable_since: since, next_probe_at: next }: ProviderStatus): string => {
  if (circuit === "closed") return "";
  const away = since === null ? "cannot be reached" : `cannot be reached since ${timeText(since)}`;
  return next === null ? away : `${away}, next test at ${timeText(next)}`;
};

const probeText = ({ probe }: ProviderStatus): string => {
  if (probe === undefined) return "";
  return probe.ok ? "answers" : `${probe.code ?? "no answer"}: ${probe.hint ?? ""}`;
};

const providerRow = (provider: ProviderStatus, { style }: Output): readonly string[] => {
  const { host, concurrency, ceiling, last_success_at: last } = provider;
  // A run that is followed may have raised it for itself.
  const calls = concurrency >= ceiling ? formatPlural(concurrency, "call") : `${concurrency} of ${ceiling} calls`;
  const notes = [
    `${calls} at a time`,
    circuitText(provider),
    last === null ? "" : `last answer ${timeText(last)}`,
    probeText(provider),
  ];
  const state = provider.ready ? style("green", "ready") : style("yellow", "not ready");
  return [`  ${provider.provider}`, host, state, notes.filter((note) => note !== "").join("; ")];
};

const PRICES: Readonly<Record<ModelStatus["price"], string>> = {
  reported: "price reported by the provider",
  config: "price from the configuration",
  exact: "price known",
  approximate: "price of a similar model",
  local: "costs nothing",
  unknown: "price unknown",
};

const VISION: Readonly<Record<"true" | "false" | "null", string>> = {
  true: "takes pictures",
  false: "takes no pictures",
  null: "pictures: not checked (--probe)",
};

const modelRow = (model: ModelStatus): readonly string[] => [
  `  ${model.model}`,
  model.serves.join(", ") || "by name only",
  VISION[`${model.vision}`],
  PRICES[model.price],
  [
    model.leaves_machine ? "leaves this machine" : "stays on this machine",
    ...(model.end_of_life === null ? [] : [`ends on ${model.end_of_life}`]),
  ].join("; "),
];

const pauseRow = ({ target, reason, until, since }: PauseStatus): readonly string[] => [
  `  ${target}`,
  pauseText(reason),
  `since ${timeText(since)}`,
  until === null ? "until photon llm resume" : `until ${timeText(until)}`,
];

const queueRows = ({ queue }: LlmStatus): readonly (readonly string[])[] => {
  const kinds = Object.entries(queue.kinds).map(([kind, { available, running }]) => [
    `  ${kind}`,
    `${formatCount(available)} waiting`,
    `${formatCount(running)} running`,
  ]);
  const unserved = queue.unserved.map(({ route, jobs }) => [
    `  ${route}`,
    `${formatCount(jobs)} waiting`,
    "for a model that these settings do not lead to",
  ]);
  return kinds.length + unserved.length === 0 ? [["  nothing waits"]] : [...kinds, ...unserved];
};

/** Owners are `host:pid:start`; the address of a machine tells people less than the process. */
const workerRow = ({ owner, role, seenAt }: LlmStatus["workers"][number]): readonly string[] => [
  `  ${role}`,
  owner,
  `seen ${timeText(seenAt)}`,
];

export const llmStatusText = (status: LlmStatus, output: Output): string => {
  const { style } = output;
  const headline = status.ready ? style("green", "Ready.") : style("yellow", `Not ready: ${status.problem ?? ""}`);
  const section = (title: string, rows: readonly (readonly string[])[]): string =>
    rows.length === 0 ? "" : `${style("dim", title)}\n${formatTable(rows)}`;
  return [
    `${headline}\n`,
    section(
      "providers",
      status.providers.map((provider) => providerRow(provider, output)),
    ),
    section("models", status.models.map(modelRow)),
    section("pauses", status.pauses.map(pauseRow)),
    section("queue", queueRows(status)),
    section("workers", status.workers.length === 0 ? [["  none"]] : status.workers.map(workerRow)),
  ].join("");
};
