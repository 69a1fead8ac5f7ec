import { expect, test } from "vitest";
import type { LanguageReply } from "../../../models/language/language-model.ts";
import { createLanguageModel } from "../../../models/language/providers.ts";
import { ConfigError } from "../../../src/errors.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { neverAborted, photoRequest, textRequest } from "../../support/fake-providers/requests.ts";

const stub = (model: string, overrides = {}) => createLanguageModel("stub", {}, { model, ...overrides });
const ask = (model: string, request = photoRequest()): Promise<LanguageReply> =>
  stub(model).generate(request, neverAborted());

test("a stub is marked in its name, wherever that shows", async () => {
  expect(createLanguageModel("stub", {})).toMatchObject({
    provider: "stub",
    modelId: "stub/ok",
    providerKey: "stub@local",
    leavesMachine: false,
  });
  expect(stub("stub/ok").modelId).toBe("stub/ok");
  expect((await ask("ok")).model).toBe("stub/ok");
});

test("the same request gets the same answer, another photo another one", async () => {
  const other = photoRequest({
    user: '<photo_data>\n{"tags":{"source":"zero-shot","value":["dog"]}}\n</photo_data>\nGo.',
  });
  expect(await ask("ok")).toEqual(await ask("ok"));
  expect((await ask("ok", other)).text).not.toBe((await ask("ok")).text);
});

test("the title of a text is its first line", async () => {
  const user =
    '<photo_data>\n{"text":{"source":"user","value":"Summer in Ghent\\nWe went by train."}}\n</photo_data>\nGo.';
  expect(JSON.parse((await ask("ok", textRequest({ user }))).text)).toMatchObject({ title: "Summer in Ghent" });
  expect((await ask("ok", textRequest({ user, jsonSchema: null }))).text.split("\n")[0]).toBe("Summer in Ghent");
});

test("usage is estimated and a picture counts", async () => {
  const [photo, text] = [await ask("ok"), await ask("ok", textRequest())];
  expect((photo.usage.input ?? 0) - (text.usage.input ?? 0)).toBe(1036);
  expect(photo.tokensUsed).toBe((photo.usage.input ?? 0) + (photo.usage.output ?? 0));
});

test("invalid answers are no JSON, refusals are declared, cut answers are marked", async () => {
  const [invalid, refused, truncated] = [await ask("invalid"), await ask("refuse"), await ask("truncated")];
  expect(() => JSON.parse(invalid.text) as unknown).toThrow(SyntaxError);
  expect(invalid).toMatchObject({ truncated: false, refusal: null });
  expect(refused).toMatchObject({ text: "", refusal: "stub", truncated: false });
  expect(truncated).toMatchObject({ truncated: true, refusal: null });
  expect((await ask("ok")).text.startsWith(truncated.text)).toBe(true);
});

test.each([
  ["error-400", "config", "LLM_BAD_REQUEST"],
  ["error-401", "auth", "LLM_AUTH"],
  ["error-402", "auth", "LLM_QUOTA_EXHAUSTED"],
  ["error-404", "config", "LLM_MODEL_NOT_FOUND"],
  ["error-413", "bad_image", "IMAGE_REJECTED"],
  ["error-429", "rate_limited", "LLM_RATE_LIMITED"],
  ["error-503", "unavailable", "LLM_API_ERROR"],
])("%s fails as %s %s", async (model, failure, publicCode) => {
  await expect(ask(model)).rejects.toMatchObject({ failure, publicCode });
});

test("flaky fails so many times, then answers", async () => {
  const model = stub("flaky-2");
  const outcomes = [];
  for (let call = 0; call < 4; call += 1) {
    outcomes.push(
      await model.generate(photoRequest(), neverAborted()).then(
        () => "ok",
        (error: Error) => error.name,
      ),
    );
  }
  expect(outcomes).toEqual(["CallError", "CallError", "ok", "ok"]);
});

test("slow answers when its time has passed", async () => {
  const clock = createManualClock();
  const call = stub("slow-200", { clock }).generate(photoRequest(), neverAborted());
  let answered = false;
  void call.then(() => {
    answered = true;
  });
  clock.advance(199);
  await Promise.resolve();
  expect(answered).toBe(false);
  clock.advance(1);
  expect(await call).toMatchObject({ latencyMs: 200 });
});

test("slow beyond the deadline is a timeout", async () => {
  const clock = createManualClock();
  const call = stub("slow-60001", { clock }).generate(photoRequest(), neverAborted());
  clock.advance(60_000);
  await expect(call).rejects.toMatchObject({ publicCode: "LLM_TIMEOUT", failure: "unavailable" });
});

test("hang ends at the deadline", async () => {
  const clock = createManualClock();
  const call = stub("hang", { clock }).generate(textRequest(), neverAborted());
  clock.advance(30_000);
  await expect(call).rejects.toMatchObject({ publicCode: "LLM_TIMEOUT", failure: "unavailable" });
});

test.each(["ok", "hang", "slow-100000"])("%s stops when the call is cancelled", async (model) => {
  const aborter = new AbortController();
  const call = stub(model, { clock: createManualClock() }).generate(photoRequest(), {
    signal: model === "ok" ? AbortSignal.abort() : aborter.signal,
  });
  aborter.abort();
  await expect(call).rejects.toMatchObject({ failure: "cancelled" });
});

test.each(["", "slow", "error-200", "error-999", "nonsense"])("%j is no behaviour", (model) => {
  expect(() => stub(model)).toThrow(ConfigError);
});
