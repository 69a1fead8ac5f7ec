import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { DownloadOffer } from "../../../../src/app/model-api.ts";
import { confirm } from "../../../../src/cli/models/confirm.ts";
import { createDownloadProgress, downloadText } from "../../../../src/cli/models/download-progress.ts";
import { fileLines, offerText, waysOut } from "../../../../src/cli/models/offer-text.ts";
import { createOutput } from "../../../../src/cli/terminal.ts";
import { InvalidInputError } from "../../../../src/errors.ts";

const files = [
  { path: "a.onnx", bytes: 5, sha256: "aa", blake3: undefined, urls: ["https://hub/a"] },
  { path: "b.json", bytes: undefined, sha256: undefined, blake3: undefined, urls: [] },
];
const offer: DownloadOffer = {
  id: "tiny",
  variant: "int8",
  repo: "some/tiny",
  revision: "0123456789abcdef",
  licence: "MIT",
  source: "some/original",
  pinned: true,
  addedByUser: false,
  installed: false,
  from: ["hub.example.org"],
  directory: "/models/tiny",
  files,
  totalBytes: 1_500_000,
  remainingBytes: 500_000,
  start: () => Promise.resolve("installed"),
};

test("an offer names size, licence, server and folder", () => {
  const text = offerText(offer);
  for (const fact of ["tiny (int8)", "1.5 MB, 500 KB still to come", "MIT", "hub.example.org", "/models/tiny"]) {
    expect(text).toContain(fact);
  }
});

test("files are listed with what is known of them", () => {
  expect(fileLines(files)).toEqual([
    "a.onnx  5 bytes  sha256 aa  https://hub/a",
    "b.json  size unknown  no hash known  ",
  ]);
});

test("the way by hand is offered only with files to name", () => {
  const baseUrls: readonly string[] = [];
  expect(waysOut("photon models download tiny", { files, baseUrls }).join("\n")).toContain("--from FOLDER");
  expect(waysOut("photon models add some/tiny", { files: [], baseUrls }).join("\n")).not.toContain("--from");
});

test("trying again is the command as it was typed, servers included; the other ways name their own source", () => {
  const baseUrls = ["https://one.example.org", "https://two.example.org"];
  const ways = waysOut("photon models download tiny --precision fp16", { files, baseUrls });
  const lines = ways.filter((line) => /^ +\d\./.test(line)).map((line) => line.slice(line.indexOf("photon ")));
  expect(lines).toEqual([
    "photon models download tiny --precision fp16 --base-url https://one.example.org --base-url https://two.example.org",
    "photon models download tiny --precision fp16 --from FOLDER",
    "photon models download tiny --precision fp16 --base-url https://mirror.example.org",
  ]);
});

test("progress names file, share, rate and time left", () => {
  const progress = { file: "a.onnx", fileBytes: 1_000_000, fileTotal: 2_000_000, bytes: 3_000_000, total: 10_000_000 };
  expect(downloadText(progress, 500_000)).toBe("a.onnx 1.0 MB of 2.0 MB  30% of 10.0 MB  500 KB/s  ETA 14 s");
  expect(downloadText({ ...progress, fileTotal: undefined, total: 0 }, 0)).toBe("a.onnx 1.0 MB  0 B/s");
  expect(downloadText(undefined, 0)).toBe("starting");
});

const streamOf = (isTTY: boolean): { readonly stream: NodeJS.WriteStream; readonly text: () => string } => {
  const pass = Object.assign(new PassThrough(), { isTTY, columns: 200 });
  let text = "";
  pass.on("data", (chunk) => (text += String(chunk)));
  return { stream: pass as unknown as NodeJS.WriteStream, text: () => text }; // what output uses of it
};

test("the rate is that of this connection, not of bytes that were here before", async () => {
  let now = 0;
  let tick = (): void => undefined;
  const { stream, text } = streamOf(false);
  const progress = await createDownloadProgress({
    stderr: createOutput(stream, {}),
    redirectLog: () => undefined,
    isShown: true,
    now: () => now,
    every: (_interval, onTick) => {
      tick = onTick;
      return () => undefined;
    },
  });
  const at = (bytes: number) => ({ file: "a", fileBytes: bytes, fileTotal: 20_000_000, bytes, total: 20_000_000 });
  progress.update(at(10_000_000));
  now = 2000;
  progress.update(at(11_000_000));
  tick();
  expect(text()).toContain("500 KB/s  ETA 18 s");
  progress.update(at(0)); // it starts over
  now = 4000;
  progress.update(at(1_000_000));
  tick();
  expect(text()).toContain("500 KB/s  ETA 38 s");
  await progress[Symbol.asyncDispose]();
});

const answer = (words: string): Promise<boolean> => {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const { stream } = streamOf(true);
  input.end(`${words}\n`);
  const { signal } = new AbortController();
  return confirm("Download it?", {
    input: input as unknown as NodeJS.ReadStream,
    stderr: createOutput(stream, {}),
    signal,
  });
};

test.each([
  ["y", true],
  ["YES", true],
  ["", false],
  ["no", false],
  ["yesterday", false],
])("the answer %j means %s", async (words, expected) => {
  expect(await answer(words)).toBe(expected);
});

test("where nobody can be asked --yes is wanted", async () => {
  const input = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.ReadStream;
  const { signal } = new AbortController();
  const asked = confirm("Download it?", { input, stderr: createOutput(streamOf(true).stream, {}), signal });
  await expect(asked).rejects.toThrow(InvalidInputError);
});
