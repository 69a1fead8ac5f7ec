/** Servers that die or end in the middle of work: another copy goes on by itself, and nothing is done twice. */
import { expect, test } from "vitest";
import { runPhotonIn, until } from "../support/cli.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import type { Message, Pipe } from "../support/mcp-pipe.ts";
import { openPipe } from "../support/mcp-pipe.ts";
import { writePhotos } from "../support/photos.ts";

const PHOTOS = 100;
const GET_STATUS = { name: "get_status", arguments: {} };
const TASKS = { extensions: { "io.modelcontextprotocol/tasks": {} } };

const addedLibrary = async (): Promise<TestLibrary> => {
  const library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS });
  expect(await runPhotonIn(library, ["roots", "add", library.photos])).toMatchObject({ code: 0 });
  return library;
};

interface EndedTask {
  readonly result: { readonly structuredContent: { readonly done: number; readonly skipped: number } };
}

const processCall = ({ photos }: TestLibrary) => ({
  name: "process",
  arguments: { paths: [photos], wait_seconds: 0 },
});

/** Without waiting the answer is a task. */
const startTask = async (pipe: Pipe, library: TestLibrary): Promise<string> => {
  const { result } = await pipe.request("tools/call", processCall(library), TASKS);
  expect(result).toMatchObject({ resultType: "task", status: "working" });
  return String(result?.["taskId"]);
};

const readTask = (pipe: Pipe, taskId: string): Promise<Message> => pipe.request("tasks/get", { taskId }, TASKS);

/** The library as it is, seen from outside of every server. */
const watch = async (library: TestLibrary, taskId: string) => {
  const catalogue = await library.catalogue();
  const stored = async (): Promise<number> =>
    (await catalogue.status.files()).reduce((sum, { byState }) => sum + (byState["present"] ?? 0), 0);
  const state = async (): Promise<string | undefined> => (await catalogue.processJobs.get(taskId))?.state;
  return {
    stored,
    state,
    begun: () => until("photos of a task under way", async () => ((await stored()) > 0 ? true : undefined)),
    completed: () => until("the end of a task", async () => ((await state()) === "COMPLETED" ? true : undefined)),
    [Symbol.asyncDispose]: () => catalogue[Symbol.asyncDispose](),
  };
};

test("of three servers one is killed in the middle of a task, and another ends it without being asked", async () => {
  await using library = await addedLibrary();
  await using resources = new AsyncDisposableStack();
  const [first, second, third] = [1, 2, 3].map(() => resources.use(openPipe(library))) as [Pipe, Pipe, Pipe]; // three
  await Promise.all([first, second, third].map((pipe) => pipe.request("tools/call", GET_STATUS)));
  const taskId = await startTask(first, library);
  await using outside = await watch(library, taskId);
  await outside.begun();
  first.child.kill("SIGKILL");
  await first.ended;
  expect(await outside.stored()).toBeLessThan(PHOTOS);

  await outside.completed();
  expect(await outside.stored()).toBe(PHOTOS);
  const { result } = await readTask(third, taskId);
  expect(result).toMatchObject({ status: "completed", result: { structuredContent: { state: "completed" } } });
  const told = (result as unknown as EndedTask).result.structuredContent;
  expect(told.skipped).toBeGreaterThan(0); // what the first had done was not done again
  expect(told.done + told.skipped).toBe(PHOTOS);
  expect((await readTask(second, taskId)).result).toMatchObject({ taskId, status: "completed" });
});

test("a task is cancelled by another server than the one that works on it", async () => {
  await using library = await addedLibrary();
  await using worker = openPipe(library);
  await using other = openPipe(library);
  const taskId = await startTask(worker, library);
  await using outside = await watch(library, taskId);
  await outside.begun();
  expect((await readTask(other, taskId)).result).toMatchObject({ taskId, status: "working" });
  expect((await other.request("tasks/cancel", { taskId }, TASKS)).error).toBeUndefined();
  for (const pipe of [worker, other]) {
    expect((await readTask(pipe, taskId)).result).toMatchObject({ taskId, status: "cancelled" });
  }
  expect((await readTask(other, "01JUNKJUNKJUNKJUNKJUNKJUNK")).error).toMatchObject({ code: -32602 });
  expect((await other.request("tasks/get", { taskId })).error).toMatchObject({ code: -32021 }); // not declared
  const again = await startTask(worker, library);
  await using next = await watch(library, again);
  await next.completed();
  expect(await outside.state()).toBe("CANCELLED");
  expect(await outside.stored()).toBe(PHOTOS);
});

test("a server ends within a second of its client in the middle of a task, and hands it back", async () => {
  await using library = await addedLibrary();
  const pipe = openPipe(library);
  const taskId = await startTask(pipe, library);
  await using outside = await watch(library, taskId);
  await outside.begun();
  const { code, tookMs } = await pipe.close();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(1000);
  expect(await outside.state()).toBe("RUNNING");
  await using next = openPipe(library);
  await next.request("tools/call", GET_STATUS);
  await outside.completed();
  expect(await outside.stored()).toBe(PHOTOS);
});
