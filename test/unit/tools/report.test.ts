import { expect, test } from "vitest";
import { CallError, InvalidInputError, NotFoundError, StorageError } from "../../../src/errors.ts";
import { createLogger, silentLogger } from "../../../src/logger.ts";
import { createReport } from "../../../tools/report.ts";

const report = createReport({ shownFolders: async () => ["/home/ann/Photos"], logger: silentLogger });

test("an error of photon's becomes cause and next step", async () => {
  const error = new NotFoundError("No photo p9x.", { hint: "Ids come from search_by_embedding." });
  expect(await report(error)).toBe("No photo p9x. Ids come from search_by_embedding.");
});

test.each([
  ["/home/ann/Photos/trip/a.jpg cannot be read.", "/home/ann/Photos/trip/a.jpg cannot be read."],
  ['"/home/ann/Photos/my trip/a.jpg" is damaged.', '"/home/ann/Photos/my trip/a.jpg" is damaged.'],
  ["/home/ann/Photos-private/a.jpg is damaged.", "(a path outside of the photo folders) is damaged."],
  ["/home/ann/Photos/../.ssh/id is damaged.", "(a path outside of the photo folders) is damaged."],
  ['"/home/ann/secret plans/x.db" is locked.', "(a path outside of the photo folders) is locked."],
  ["Open file:///etc/passwd failed.", "Open (a path outside of the photo folders) failed."],
  ["C:\\Users\\Ann\\x.db is locked.", "(a path outside of the photo folders) is locked."],
  ["\\\\server\\share\\x is gone.", "(a path outside of the photo folders) is gone."],
  ["Set it in ~/.config/photon/config.toml.", "Set it in (a path outside of the photo folders)."],
  ["Use photo://0123456789ab or https://example.org/a/b.", "Use photo://0123456789ab or https://example.org/a/b."],
  ["Give 1/2 or an f/2.8 lens, and/or more.", "Give 1/2 or an f/2.8 lens, and/or more."],
])("of paths only those in the photo folders are told: %s", async (message, text) => {
  expect(await report(new StorageError(message))).toBe(text);
});

test("a path is hidden in the hint as well, and while the library is not open every path is", async () => {
  const error = new InvalidInputError("Expected a photo.", { hint: "Look in /home/ann/Photos/a.jpg first." });
  const closed = createReport({ shownFolders: () => Promise.reject(new Error("closed")), logger: silentLogger });
  expect(await closed(error)).toBe("Expected a photo. Look in (a path outside of the photo folders) first.");
});

test("what is no error of photon's is logged and not told", async () => {
  const lines: string[] = [];
  const logger = createLogger({ level: "error", format: "pretty", write: (line) => lines.push(line) });
  const text = await createReport({ shownFolders: async () => [], logger })(new TypeError("secret of /root/x"));
  expect(text).toMatch(/^photon failed in a way it does not know\./);
  expect(text).not.toMatch(/secret|root/);
  expect(lines.join("\n")).toMatch(/secret of \/root\/x/);
});

test("a failed call of a provider tells its code, and nothing that the provider wrote", async () => {
  const error = new CallError("auth", "LLM_AUTH", { provider: "openai", status: 401 });
  expect(await report(error)).toMatch(/accept the key.*llm\.openai\.api_key/s);
});

test("characters that steer a terminal or turn text around are taken out, and long texts are cut", async () => {
  const error = new InvalidInputError(`Expected a tag,\nreceived "\u001b[31m\u202egpj.a\u0007"${"x".repeat(5000)}`);
  const text = await report(error);
  // oxlint-disable-next-line no-control-regex -- these are what must not be there
  expect(text).not.toMatch(/[\u0000-\u001f\u202a-\u202e]/);
  expect(text.length).toBeLessThanOrEqual(1000);
});

test("an abort is told as such", async () => {
  expect(await report(new DOMException("x", "AbortError"))).toBe("The call was stopped before it was done.");
});
