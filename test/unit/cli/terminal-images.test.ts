import { expect, test } from "vitest";
import { detectImageProtocol, imageSequence } from "../../../src/cli/terminal-images.ts";

const ESCAPE = "\u001B";
const png = Uint8Array.from({ length: 7000 }, (_, position) => position % 256);
const base64 = Buffer.from(png).toString("base64");

test("Kitty gets the picture in chunks, options with the first, an end mark with the last", () => {
  const chunks = imageSequence("kitty", png, 6)
    .split(`${ESCAPE}\\`)
    .filter((chunk) => chunk !== "");
  expect(chunks.map((chunk) => chunk.slice(0, chunk.indexOf(";")))).toEqual([
    `${ESCAPE}_Ga=T,f=100,q=2,r=6,m=1`,
    `${ESCAPE}_Gm=1`,
    `${ESCAPE}_Gm=0`,
  ]);
  const payloads = chunks.map((chunk) => chunk.slice(chunk.indexOf(";") + 1));
  expect(payloads.every((payload) => payload.length <= 4096)).toBe(true);
  expect(payloads.join("")).toBe(base64);
});

test("a small picture is one chunk that is first and last", () => {
  expect(imageSequence("kitty", Uint8Array.of(1, 2, 3), 2)).toBe(`${ESCAPE}_Ga=T,f=100,q=2,r=2,m=0;AQID${ESCAPE}\\`);
});

test("iTerm2 gets one sequence with size and height", () => {
  expect(imageSequence("iterm2", Uint8Array.of(1, 2, 3), 4)).toBe(
    `${ESCAPE}]1337;File=inline=1;size=3;height=4;preserveAspectRatio=1:AQID\u0007`,
  );
});

test("a view into a larger buffer is cut out", () => {
  expect(imageSequence("kitty", Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4), 2)).toContain(";AQID");
});

test("pipes and multiplexers show no pictures", async () => {
  const stream = { isTTY: true } as NodeJS.WriteStream; // all that detection reads
  expect(await detectImageProtocol({ isTerminal: false, stream }, {})).toBeUndefined();
  expect(await detectImageProtocol({ isTerminal: true, stream }, { TMUX: "/tmp/tmux-0" })).toBeUndefined();
});
