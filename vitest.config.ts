import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { LANCEDB_LOG: "error", ORT_DISABLE_TELEMETRY: "1" },
    projects: [
      { extends: true, test: { name: "architecture", include: ["test/architecture.test.ts"] } },
      { extends: true, test: { name: "unit", include: ["test/unit/**/*.test.ts", "test/contract/**/*.test.ts"] } },
      { extends: true, test: { name: "integration", include: ["test/integration/**/*.test.ts"] } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], testTimeout: 300_000 } },
    ],
  },
});
