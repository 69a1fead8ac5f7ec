/** Settings whose effect only shows from the inside: the test that proves it, and the word by which it is found there. */
import type { ConfigKey } from "../../src/config.ts";
import { configFields } from "../../src/config.ts";

export interface Proof {
  readonly file: string;
  readonly word: string;
}

const CALLS = "test/integration/enrichment/calls.test.ts";
const KINDS = "test/unit/app/enrichment-kinds.test.ts";
const LLM = "test/unit/config/llm.test.ts";
const REQUESTS = "test/integration/enrichment/requests.test.ts";
const SETTINGS = "test/integration/enrichment/settings.test.ts";
const TARGETS = "test/unit/app/targets.test.ts";
const VOCABULARIES = "test/unit/models/vocabularies.test.ts";
const WATCHING = "test/unit/agent/watch-settings.test.ts";
const WEBHOOK = "test/integration/enrichment/webhook.test.ts";
const WORKER = "test/unit/app/worker-settings.test.ts";

const single: Partial<Record<ConfigKey, Proof>> = {
  "embedding.batch_size": { file: "test/integration/models/encoder-hosts.test.ts", word: "imagesPerRun" },
  "tagging.vocabulary.sets": { file: VOCABULARIES, word: "tagging.vocabulary.sets" },
  "tagging.vocabulary.blocked": { file: VOCABULARIES, word: "tagging.vocabulary.blocked" },
  "pipeline.retry_attempts": { file: LLM, word: "retry_attempts = 7" },
  "pipeline.retry_delay_ms": { file: LLM, word: "retry_delay_ms = 250" },
  "limits.llm_timeout_ms": { file: WORKER, word: "limits.llm_timeout_ms" },
  "watch.mode": { file: WATCHING, word: 'mode = "timed"' },
  "watch.debounce_ms": { file: WATCHING, word: "debounce_ms = 9000" },
  "watch.rescan_minutes.events": { file: WATCHING, word: "events = 2" },
  "watch.rescan_minutes.timed": { file: WATCHING, word: "timed = 1" },
  "watch.stable_seconds.local": { file: WATCHING, word: "local = 3" },
  "watch.stable_seconds.network": { file: WATCHING, word: "network = 20" },
  "watch.pause_when.battery": { file: WATCHING, word: "battery = true" },
  "watch.pause_when.load": { file: WATCHING, word: "load = 0.8" },
  "watch.pause_when.quiet_hours": { file: WATCHING, word: 'quiet_hours = "22:00-07:00"' },
  "watch.tombstone_days": { file: "test/integration/library/forget-missing.test.ts", word: "tombstone_days = 3" },
  "watch.loss_guard_percent": { file: "test/integration/library/loss-guard.test.ts", word: "loss_guard_percent = " },
  "watch.follow_symlinks": { file: "test/integration/library/watched-links.test.ts", word: "follow_symlinks = true" },
  "llm.environment": { file: LLM, word: "llm.environment" },
  "llm.provider": { file: TARGETS, word: "provider:" },
  "llm.model": { file: TARGETS, word: "model:" },
  "llm.vision_model": { file: TARGETS, word: "vision_model" },
  "llm.text_model": { file: TARGETS, word: "text_model" },
  "llm.base_url": { file: TARGETS, word: "base_url" },
  "llm.fallback_models": { file: TARGETS, word: "fallback_models" },
  "llm.temperature": { file: KINDS, word: "temperature = 0.6" },
  "llm.max_tokens": { file: SETTINGS, word: "llm.max_tokens" },
  "llm.timeout_seconds": { file: WORKER, word: "llm.timeout_seconds" },
  "llm.max_retries": { file: SETTINGS, word: "llm.max_retries" },
  "llm.concurrency": { file: WORKER, word: "llm.concurrency" },
  "llm.invalid_retries": { file: WORKER, word: "llm.invalid_retries" },
  "llm.unavailable_days": { file: WORKER, word: "llm.unavailable_days" },
  "llm.send_fields": { file: "test/integration/enrichment/leaks.test.ts", word: "what the user allows goes along" },
  "llm.languages": { file: REQUESTS, word: "languages" },
  "llm.features.metrics": { file: SETTINGS, word: "llm.features.metrics" },
  "llm.cache.enabled": { file: CALLS, word: "without a cache every call is made" },
  "llm.cache.max_size": { file: CALLS, word: "at capacity the answer unused for longest goes" },
  "llm.cache.ttl_seconds": { file: CALLS, word: "an answer is kept for its time" },
  "llm.retry.max_attempts": { file: REQUESTS, word: "max_attempts" },
  "llm.retry.base_delay_s": { file: REQUESTS, word: "base_delay_s" },
  "llm.retry.max_delay_s": { file: "test/unit/language/retry.test.ts", word: "backoffMs(" },
  "llm.batch.default_size": { file: WORKER, word: "llm.batch.default_size" },
  "llm.batch.max_size": { file: WORKER, word: "llm.batch.max_size" },
  "llm.batch.concurrent": { file: TARGETS, word: "a followed run has its own number" },
  "llm.batch.commit_frequency": { file: WORKER, word: "llm.batch.commit_frequency" },
  "llm.image.max_edge": { file: SETTINGS, word: "llm.image.max_edge" },
  "llm.image.quality": { file: SETTINGS, word: "llm.image.quality" },
  "llm.budget.daily_usd": { file: CALLS, word: "daily_usd" },
  "llm.budget.monthly_usd": { file: CALLS, word: "monthly_usd" },
  "llm.budget.total_usd": { file: CALLS, word: "total_usd" },
  "llm.budget.allow_unpriced": { file: CALLS, word: "allow_unpriced" },
  "enrichment.language": { file: SETTINGS, word: "enrichment.language" },
  "enrichment.kinds": { file: KINDS, word: "[enrichment.kinds.image_tag]" },
  "events.webhook.url": { file: WEBHOOK, word: "url" },
  "events.webhook.secret": { file: WEBHOOK, word: "secret" },
  "llm.openai-compatible.text_model": { file: TARGETS, word: "openai-compatible: mistral" },
  "llm.stub.model": { file: TARGETS, word: "stub/slow-5" },
  "llm.stub.concurrency": { file: TARGETS, word: "their own number before both" },
  roots: { file: KINDS, word: "[[roots]]" },
};

/** Settings that many sections have alike, proven for all of them by one test. */
const groups: readonly { readonly pattern: RegExp; readonly proof: Proof }[] = [
  { pattern: /^llm\.features\.(?!metrics)/, proof: { file: TARGETS, word: "a kind that is switched off" } },
  {
    pattern: /^llm\.(ollama|anthropic|openai|openrouter|hyperbolic|openai-compatible)\.(?!text_model)/,
    proof: { file: SETTINGS, word: "every field of [llm.%s] counts" },
  },
];

export const provenElsewhere: Partial<Record<ConfigKey, Proof>> = {
  ...Object.fromEntries(
    configFields.flatMap(({ key }) => {
      const group = groups.find(({ pattern }) => pattern.test(key));
      return group === undefined ? [] : [[key, group.proof]];
    }),
  ),
  ...single,
};
