import { describe, expect, test } from "vitest";
import { FloodMeter } from "../../../agent/flood-meter.ts";
import { TICK_MS, WakeWatch } from "../../../agent/wake-watch.ts";

describe("a flood of events", () => {
  test("more than 4,096 within two seconds count, once it is quiet", () => {
    const meter = new FloodMeter();
    for (let event = 0; event < 4096; event += 1) meter.note(1000 + event / 4);
    expect(meter.quietAt()).toBeUndefined();
    meter.note(2500);
    expect(meter.quietAt()).toBe(4500);
    meter.note(3000);
    expect(meter.quietAt()).toBe(5000);
    meter.clear();
    expect(meter.quietAt()).toBeUndefined();
  });

  test("as many over a longer time do not", () => {
    const meter = new FloodMeter();
    for (let event = 0; event < 20_000; event += 1) meter.note(event);
    expect(meter.quietAt()).toBeUndefined();
  });
});

describe("waking up", () => {
  const start = { wall: 1_700_000_000_000, steady: 500 };
  const after = (wall: number, steady: number): boolean =>
    new WakeWatch(start).tick({ wall: start.wall + wall, steady: start.steady + steady });

  test("a tick in time, or a busy machine, is nothing", () => {
    expect(after(TICK_MS, TICK_MS)).toBe(false);
    expect(after(TICK_MS + 20_000, TICK_MS + 20_000)).toBe(false);
  });

  test("a late tick is a sleep, on systems whose steady clock goes on", () => {
    expect(after(TICK_MS + 31_000, TICK_MS + 31_000)).toBe(true);
  });

  test("a steady clock that stood still is a sleep too", () => {
    expect(after(TICK_MS + 31_000, TICK_MS)).toBe(true);
  });

  test("a clock that was set back is noticed, and only once", () => {
    const watch = new WakeWatch(start);
    expect(watch.tick({ wall: start.wall - 3_600_000, steady: start.steady + TICK_MS })).toBe(true);
    expect(watch.tick({ wall: start.wall - 3_600_000 + TICK_MS, steady: start.steady + 2 * TICK_MS })).toBe(false);
  });
});
