import { expect, test } from "vitest";
import type { PhotoNews } from "../../../agent/worker-log.ts";
import { createWorkerLog } from "../../../agent/worker-log.ts";
import { createLogger } from "../../../src/logger.ts";

const createLog = () => {
  const lines: string[] = [];
  const news: PhotoNews[] = [];
  const logger = createLogger({ level: "debug", format: "json", write: (line) => void lines.push(line) });
  const take = createWorkerLog({ logger, worker: "core", onPhoto: (one) => void news.push(one) });
  return { take, news, lines: () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>) };
};

test("a line of a worker keeps its level and fields, and says which worker it was", () => {
  const { take, lines } = createLog();
  take('{"time":"x","level":"warn","message":"Slow.","path":"/a.jpg"}');
  expect(lines()).toMatchObject([{ level: "warn", message: "Slow.", path: "/a.jpg", worker: "core" }]);
  expect(lines()[0]?.["time"]).not.toBe("x");
});

test("photos are news", () => {
  const { take, news } = createLog();
  take('{"level":"info","message":"A photo was processed.","event":"photo:processed","path":"/a.jpg"}');
  take(
    '{"level":"warn","message":"No.","event":"photo:failed","path":"/b.jpg","code":"decode_failed","reason":"Cut off."}',
  );
  take('{"level":"info","message":"Other.","event":"index:committed"}');
  expect(news).toEqual([
    { event: "photo:processed", path: "/a.jpg", code: "", message: "" },
    { event: "photo:failed", path: "/b.jpg", code: "decode_failed", message: "Cut off." },
  ]);
});

test.each(["Segmentation fault", "[1,2]", '{"level":"loud"}', "null"])("%s is passed on as it is", (line) => {
  const { take, lines, news } = createLog();
  take(line);
  take("   ");
  expect(lines()).toMatchObject([{ level: "warn", message: line, worker: "core" }]);
  expect(news).toEqual([]);
});
