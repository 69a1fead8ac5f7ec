import { expect, test } from "vitest";
import { until } from "../support/cli.ts";
import { createTestLibrary } from "../support/library.ts";
import { connectStdio } from "../support/mcp.ts";
import { initialize, openPipe } from "../support/mcp-pipe.ts";

const STATUS = "photon://status";

test("a client of 2025 is told of changes once it has subscribed, and no longer than that", async () => {
  await using library = await createTestLibrary();
  await using pipe = openPipe(library);
  await initialize(pipe, "2025-11-25");
  pipe.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  await pipe.ask("tools/call", { name: "get_status", arguments: {} });
  await using catalogue = await library.catalogue();
  const news = () => pipe.lines.filter((line) => line.includes("notifications/resources/updated")).length;

  await catalogue.roots.visit(Buffer.from("/before"));
  await pipe.ask("resources/subscribe", { uri: STATUS });
  await catalogue.roots.visit(Buffer.from("/subscribed"));
  await until("news", () => (news() > 0 ? true : undefined));
  const first = news();
  await pipe.ask("resources/unsubscribe", { uri: STATUS });
  await catalogue.roots.visit(Buffer.from("/after"));
  await pipe.ask("resources/subscribe", { uri: "photon://config" });
  await catalogue.roots.visit(Buffer.from("/another"));
  // Another client of the same library proves that the news had time to come.
  await using other = openPipe(library);
  await initialize(other, "2025-11-25");
  await other.ask("tools/call", { name: "get_status", arguments: {} });
  await other.ask("resources/subscribe", { uri: STATUS });
  await catalogue.roots.visit(Buffer.from("/last"));
  await until("news of the other", () =>
    other.lines.some((line) => line.includes("resources/updated")) ? true : undefined,
  );
  expect(news()).toBe(first);
});

test("a client of 2026 is told of changes on its stream, at most once a second", async () => {
  await using library = await createTestLibrary();
  await using connected = await connectStdio(library, { era: "pin" });
  const { client } = connected;
  await client.callTool({ name: "get_status", arguments: {} });
  const told: number[] = [];
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    if (params.uri === STATUS) told.push(performance.now());
  });
  const subscription = await client.listen({ resourceSubscriptions: [STATUS] });
  await using catalogue = await library.catalogue();
  for (let number = 0; told.length < 3; number += 1) {
    await catalogue.roots.visit(Buffer.from(`/folder-${number}`));
    await new Promise((resolve) => setTimeout(resolve, 20)); // changes go on until three pieces of news have come
  }
  const [first = 0, second = 0, third = 0] = told;
  expect(second - first).toBeGreaterThan(900);
  expect(third - second).toBeGreaterThan(900);
  await subscription.close();
});
