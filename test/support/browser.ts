/** A headless browser, when the machine has one, driven over its DevTools protocol. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "./cli.ts";
import { temporaryFolder } from "./photos.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** undefined where there is none: tests that need it say so and skip. */
export const findBrowser = (): string | undefined =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false; // the next one
      }
    });

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  // The page runs in a sandboxed frame; in a process of its own it would be out of this connection's reach.
  "--disable-features=IsolateSandboxedIframes",
  "--disable-site-isolation-trials",
  "--remote-debugging-port=0",
  "--window-size=820,700",
];

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

type Send = (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>;

interface Connection {
  readonly send: Send;
  readonly on: (listener: (method: string, params: unknown) => void) => void;
  readonly close: () => void;
}

const connect = async (url: string): Promise<Connection> => {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const waiting = new Map<number, PromiseWithResolvers<Readonly<Record<string, unknown>>>>();
  const listeners: ((method: string, params: unknown) => void)[] = [];
  let id = 0;
  socket.addEventListener("message", ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply; // the protocol's own form
    if (reply.method !== undefined) for (const listener of listeners) listener(reply.method, reply.params);
    const asked = waiting.get(reply.id ?? -1);
    if (reply.error === undefined) asked?.resolve((reply.result ?? {}) as Readonly<Record<string, unknown>>);
    else asked?.reject(new Error(reply.error.message));
  });
  return {
    send: (method, params = {}) => {
      id += 1;
      const asked = Promise.withResolvers<Readonly<Record<string, unknown>>>();
      waiting.set(id, asked);
      socket.send(JSON.stringify({ id, method, params }));
      return asked.promise;
    },
    on: (listener) => listeners.push(listener),
    close: () => socket.close(),
  };
};

export interface Page extends AsyncDisposable {
  /** Evaluates an expression in the page, or in its frame; promises are awaited. */
  readonly evaluate: <Value>(expression: string, where?: "page" | "frame") => Promise<Value>;
  /** Presses and releases a key, such as `Enter` or `ArrowRight`. */
  readonly press: (key: string) => Promise<void>;
  /** PNG. */
  readonly screenshot: () => Promise<Buffer>;
  readonly setTheme: (theme: "light" | "dark") => Promise<void>;
  /** What the browser refused or complained about. */
  readonly complaints: readonly string[];
}

interface Context {
  readonly id: number;
  readonly origin: string;
  readonly auxData: { readonly isDefault: boolean; readonly frameId: string };
}

const KEY_TEXT: Readonly<Record<string, string>> = { Enter: "\r", " ": " " };
const KEY_CODES: Readonly<Record<string, number>> = {
  Enter: 13,
  Escape: 27,
  Tab: 9,
  " ": 32,
  End: 35,
  Home: 36,
  ArrowLeft: 37,
  ArrowUp: 38,
  ArrowRight: 39,
  ArrowDown: 40,
};

const createPage = async (connection: Connection, url: string): Promise<Omit<Page, keyof AsyncDisposable>> => {
  const { send, on } = connection;
  const contexts = new Map<number, Context>();
  const complaints: string[] = [];
  on((method, params) => {
    if (method === "Runtime.executionContextCreated") {
      const { context } = params as { readonly context: Context };
      contexts.set(context.id, context);
    }
    if (method === "Runtime.executionContextDestroyed") {
      contexts.delete((params as { readonly executionContextId: number }).executionContextId);
    }
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") complaints.push(JSON.stringify(params));
  });
  await send("Runtime.enable");
  await send("Log.enable");
  await send("Page.enable");
  const { frameId: main } = await send("Page.navigate", { url });
  const contextOf = (where: "page" | "frame"): Promise<Context> =>
    until(`the ${where}`, () =>
      [...contexts.values()].findLast(
        ({ auxData, origin }) =>
          auxData.isDefault && origin !== "" && (auxData.frameId === main) === (where === "page"),
      ),
    );
  // The frame is empty before it holds the page.
  await until("the page in the frame", async () => {
    const { id: contextId } = await contextOf("frame");
    const asked = { contextId, expression: "document.title !== '' && document.readyState === 'complete'" };
    const { result } = await send("Runtime.evaluate", asked).catch(() => ({ result: undefined })); // gone meanwhile
    return (result as { readonly value?: boolean } | undefined)?.value === true ? true : undefined;
  });
  return {
    complaints,
    evaluate: async <Value>(expression: string, where: "page" | "frame" = "frame") => {
      const { id: contextId } = await contextOf(where);
      const options = { contextId, expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await send("Runtime.evaluate", options);
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { readonly value: Value }).value;
    },
    press: async (key) => {
      const text = KEY_TEXT[key] ?? (key.length === 1 ? key : undefined);
      const event = { key, windowsVirtualKeyCode: KEY_CODES[key] ?? key.toUpperCase().codePointAt(0) };
      await send("Input.dispatchKeyEvent", { type: text === undefined ? "rawKeyDown" : "keyDown", ...event, text });
      await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    screenshot: async () => Buffer.from(String((await send("Page.captureScreenshot"))["data"]), "base64"),
    setTheme: async (theme) => {
      await send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: theme }] });
    },
  };
};

export const openPage = async (browser: string, url: string): Promise<Page> => {
  const profile = await temporaryFolder();
  const child = spawn(browser, [...FLAGS, `--user-data-dir=${profile.path}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "close");
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  createInterface({ input: child.stderr }).on("line", (line) => {
    said += `${line}\n`;
    const found = /DevTools listening on ws:\/\/([^/]+)/.exec(line)?.[1];
    if (found !== undefined) resolve(found);
  });
  ended.then(
    () => reject(new Error(`The browser ended: ${said}`)),
    () => undefined, // told by the line above
  );
  const targets = (await (await fetch(`http://${await address}/json`)).json()) as readonly {
    readonly type: string;
    readonly webSocketDebuggerUrl: string;
  }[]; // as the browser documents it
  const target = targets.find(({ type }) => type === "page");
  if (target === undefined) throw new Error("The browser has no page.");
  const connection = await connect(target.webSocketDebuggerUrl);
  return {
    ...(await createPage(connection, url)),
    [Symbol.asyncDispose]: async () => {
      connection.close();
      child.kill("SIGKILL");
      await ended;
      await profile[Symbol.asyncDispose]();
    },
  };
};
