import { describe, expect, test } from "vitest";
import {
  fileUrl,
  isPrivate,
  parseBaseUrl,
  repositoryUrl,
  shownUrl,
} from "../../../models/embedding/download/base-url.ts";
import { connectionError, retryAfterMs, statusError } from "../../../models/embedding/download/download-error.ts";
import { checkProxies } from "../../../models/embedding/download/http-client.ts";
import { InvalidInputError } from "../../../src/errors.ts";

const TARGET = new URL("https://models.example.org/x");
const PROXY = new URL("http://proxy.example.org:3128");
const failing = (facts: Readonly<Record<string, unknown>>): Error => Object.assign(new Error("no"), facts);

describe("why a server was not reached", () => {
  test.each([
    ["ENOTFOUND", "dns", "offline"],
    ["EAI_AGAIN", "dns", "offline"],
    ["ECONNREFUSED", "refused", "refused"],
    ["ENETUNREACH", "unreachable", "offline"],
    ["ETIMEDOUT", "unreachable", "offline"],
    ["CERT_HAS_EXPIRED", "tls", "TLS"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls", "TLS"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls", "TLS"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls", "TLS"],
    ["EPROTO", "tls", "TLS"],
    ["ECONNRESET", "interrupted", "cut"],
  ])("%s is %s", (code, failure, word) => {
    const error = connectionError(failing({ code, hostname: TARGET.hostname }), TARGET, undefined);
    expect(error.failure).toBe(failure);
    expect(error.message).toContain(word);
    expect(error.message).toContain(TARGET.host);
    expect(error.message).toContain(code);
  });

  test("all addresses of a host fail together", () => {
    const several = new AggregateError([failing({ code: "ECONNREFUSED" }), failing({ code: "ENETUNREACH" })]);
    expect(connectionError(several, TARGET, undefined).failure).toBe("refused");
  });

  test.each([
    ["a name nobody knows", { code: "ENOTFOUND", hostname: PROXY.hostname }],
    ["a closed port", { code: "ECONNREFUSED", port: 3128 }],
    ["a refused tunnel", { code: "ERR_PROXY_TUNNEL" }],
  ])("the proxy is blamed for %s", (_what, facts) => {
    const error = connectionError(failing(facts), TARGET, PROXY);
    expect(error.failure).toBe("proxy");
    expect(error.message).toContain(PROXY.host);
    expect(error.hint).toContain("NO_PROXY");
  });

  test("behind a proxy the server itself can still be the one that fails", () => {
    expect(connectionError(failing({ code: "CERT_HAS_EXPIRED" }), TARGET, PROXY).failure).toBe("tls");
  });
});

describe("answers", () => {
  test.each([
    [407, "proxy", false],
    [408, "server_error", true],
    [429, "rate_limited", true],
    [502, "server_error", true],
    [410, "not_found", false],
  ])("%s is %s, worth another attempt: %s", (status, failure, retryable) => {
    expect(statusError(status, "https://a/b", {}, 0)).toMatchObject({ failure, retryable });
  });

  test("Retry-After is seconds or a date", () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterMs("120", now)).toBe(120_000);
    expect(retryAfterMs("Thu, 01 Jan 2026 00:00:30 GMT", now)).toBe(30_000);
    expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", now)).toBe(0);
    expect(retryAfterMs("soon", now)).toBeUndefined();
    expect(retryAfterMs(undefined, now)).toBeUndefined();
  });
});

describe("addresses", () => {
  test("a base may have a path, and names are encoded", () => {
    expect(fileUrl(parseBaseUrl("https://mirror.example.org/hub"), "a/b", "main", "onnx/my model.onnx").href).toBe(
      "https://mirror.example.org/hub/a/b/resolve/main/onnx/my%20model.onnx",
    );
    expect(repositoryUrl(parseBaseUrl("https://huggingface.co/"), "a/b", "main").href).toBe(
      "https://huggingface.co/api/models/a/b/revision/main?blobs=true",
    );
  });

  test.each(["mirror.example.org", "ftp://mirror.example.org", "https://mirror.example.org/?x=1"])(
    "%s is no base",
    (text) => {
      expect(() => parseBaseUrl(text)).toThrow(InvalidInputError);
    },
  );

  test("passwords and signatures are not shown", () => {
    expect(shownUrl(new URL("https://me:secret@host.example.org/x?signature=y"))).toBe("https://host.example.org/x");
  });

  test.each([
    ["https://example.org", true],
    ["http://127.0.0.1:8000", true],
    ["http://[::1]:8000", true],
    ["http://localhost", true],
    ["http://192.168.1.5", false],
    ["http://127.example.org", false],
  ])("%s is private: %s", (text, expected) => {
    expect(isPrivate(new URL(text))).toBe(expected);
  });
});

describe("proxies", () => {
  test("an address that is none is refused without being shown", () => {
    const check = (): void => checkProxies({ HTTPS_PROXY: "user:secret@proxy" });
    expect(check).toThrow("HTTPS_PROXY");
    expect(check).not.toThrow("secret");
  });

  test("a Node that knows no proxies says so, if one is set", () => {
    expect(() => checkProxies({ https_proxy: PROXY.href }, "24.4.1")).toThrow("24.5");
    expect(() => checkProxies({}, "24.4.1")).not.toThrow();
    expect(() => checkProxies({ https_proxy: PROXY.href, NO_PROXY: "a,b" }, "25.0.0")).not.toThrow();
  });
});
