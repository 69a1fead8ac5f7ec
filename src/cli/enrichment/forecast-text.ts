/** A forecast for people and for programs. */
import type { Forecast, ForecastLine, ForecastTarget } from "../../app/enrichment/forecast.ts";
import type { Output } from "../terminal.ts";
import { formatCount, formatJson, formatPlural } from "../terminal.ts";

const SOURCES: Readonly<Record<ForecastLine["priceSource"], string>> = {
  reported: "price as the provider reports it",
  config: "price from the settings",
  exact: "price of this model",
  approximate: "price of a model with a similar name",
  local: "runs on this machine",
  unknown: "nobody knows the price of this model",
};

const BASES: Readonly<Record<ForecastLine["basis"], string>> = {
  own_calls: "as the last calls were",
  rule: "by rule of thumb",
};

/** Host of what is asked inside of this process. */
const LOCAL = "local";
const CENTS = 2;
const MOST_DIGITS = 6;

/** `0.34 USD`; small amounts keep two digits that say something. */
export const formatUsd = (usd: number): string => {
  if (usd === 0) return "0 USD";
  const digits = usd >= 1 ? CENTS : Math.min(MOST_DIGITS, 1 - Math.floor(Math.log10(usd)));
  return `${usd.toFixed(Math.max(CENTS, digits))} USD`;
};

const FIELD_NAMES: Readonly<Record<string, string>> = {
  image: "the picture as a small JPEG without metadata",
  source_texts: "the texts to translate",
  picture_text: "text read in the picture",
  user_caption: "your caption",
  documents: "earlier descriptions",
  members: "descriptions of the album's photos",
};

const sendsText = ({ sends, target }: ForecastLine): string => {
  if (target === undefined) return "";
  if (sends.length === 0) return "sends nothing: the stub asks nobody";
  const what = sends.map((name) => FIELD_NAMES[name] ?? name.replaceAll("_", " ")).join(", ");
  return `${target.leavesMachine ? "leaves this machine" : "stays on this machine"}: ${what}`;
};

/** Models of the stub carry its name already. */
const modelName = ({ provider, model }: ForecastTarget): string =>
  model.startsWith(`${provider}/`) ? model : `${provider}/${model}`;

const lineText = (line: ForecastLine, accuracy: number): readonly string[] => {
  const { kind, items, target, inputTokens, outputTokens, usd, priceSource, basis } = line;
  const what = `${formatCount(items)} × ${kind}`;
  if (target === undefined) return [`${what}: no language model is configured; the work waits in the queue`];
  const price = usd === null ? SOURCES.unknown : `about ${formatUsd(usd)}, ±${accuracy} % (${SOURCES[priceSource]})`;
  const tokens = `about ${formatCount(inputTokens)} tokens in, ${formatCount(outputTokens)} out (${BASES[basis]})`;
  return [
    `${what} by ${modelName(target)}${target.host === LOCAL ? "" : ` at ${target.host}`}${target.isBatch ? ", in batches within 24 hours" : ""}`,
    `  ${tokens}`,
    `  ${price}`,
    `  ${sendsText(line)}`,
  ];
};

const totalText = ({ usd, items, unpricedItems, accuracyPercent }: Forecast): string => {
  if (usd === null) return `Together ${formatPlural(items, "item")}; nobody knows what they cost.`;
  const unpriced = unpricedItems > 0 ? `; ${formatCount(unpricedItems)} of them without a known price` : "";
  return `Together ${formatPlural(items, "item")}, about ${formatUsd(usd)} (±${accuracyPercent} %)${unpriced}.`;
};

export const forecastText = (forecast: Forecast, { style }: Pick<Output, "style">): string => {
  const { lines, heldBack, accuracyPercent } = forecast;
  const held = `${formatPlural(heldBack, "photo")} must stay on this machine (local_only): left out.`;
  const all = [
    ...lines.flatMap((line) => lineText(line, accuracyPercent)),
    ...(heldBack > 0 ? [held] : []),
    style("bold", lines.length === 0 ? "Nothing would be sent." : totalText(forecast)),
  ];
  return all.map((text) => `${text}\n`).join("");
};

export const forecastJson = (forecast: Forecast): string => formatJson(forecast);
