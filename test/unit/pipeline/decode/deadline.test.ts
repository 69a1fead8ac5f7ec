import { describe, expect, test } from "vitest";
import { createSlots, withDeadline } from "../../../../src/pipeline/decode/deadline.ts";

const never = new AbortController().signal;
const pending = (): Promise<never> => new Promise(() => undefined);

describe("withDeadline", () => {
  test("passes results and errors on", async () => {
    const options = { timeoutMs: 1000, signal: never };
    await expect(withDeadline(Promise.resolve(7), options)).resolves.toBe(7);
    await expect(withDeadline(Promise.reject(new Error("broken")), options)).rejects.toThrow("broken");
  });

  test("gives up when the time is over", async () => {
    const work = withDeadline(pending(), { timeoutMs: 5, signal: never });
    await expect(work).rejects.toMatchObject({ failure: "decode_timeout" });
  });

  test("gives up on abort, with the signal's reason", async () => {
    const controller = new AbortController();
    const work = withDeadline(pending(), { timeoutMs: 1000, signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(work).rejects.toThrow("enough");
  });

  test("rejects at once when aborted before", async () => {
    await expect(withDeadline(pending(), { timeoutMs: 1000, signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: "AbortError",
    });
  });
});

describe("createSlots", () => {
  test("lets so many in and the next one when a place is free, in order", async () => {
    const slots = createSlots(1);
    const release = await slots.acquire(never);
    const order: number[] = [];
    const waiting = [1, 2].map(async (name) => {
      const free = await slots.acquire(never);
      order.push(name);
      free();
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2]);
  });

  test("forgets who gives up in line", async () => {
    const slots = createSlots(1);
    const release = await slots.acquire(never);
    const controller = new AbortController();
    const impatient = slots.acquire(controller.signal);
    const patient = slots.acquire(never);
    controller.abort(new Error("enough"));
    await expect(impatient).rejects.toThrow("enough");
    release();
    (await patient)();
    (await slots.acquire(never))();
  });
});
