import { expect, test } from "vitest";
import { createTestLibrary } from "../../support/library.ts";
import { connectInProcess, ERAS } from "../../support/mcp.ts";

test.each(ERAS)("a client of era %s lists tools and calls one", async (era) => {
  await using library = await createTestLibrary();
  await using served = await connectInProcess(library, { era });

  const { tools } = await served.client.listTools();
  expect(tools.map(({ name }) => name)).toContain("get_status");
  expect(served.isOpen()).toBe(false);
  const result = await served.client.callTool({ name: "get_status", arguments: {} });
  expect(result.isError).not.toBe(true);
  expect(result.structuredContent).toMatchObject({ indexed: 0, pending: 0 });
});
