/** What the privacy ledger says about a request. */
import { createHash } from "node:crypto";
import { isLoopbackHost } from "../../../models/language/endpoint.ts";
import type { CallLogRepository, LedgerEntry } from "../../catalogue/call-log.ts";

interface Destination {
  readonly host: string;
  readonly isLoopback: boolean;
}

/** Where requests to an address go; undefined = it is none: nothing leaves the process (the stub). */
const destinationOf = (address: string): Destination | undefined => {
  if (!URL.canParse(address)) return undefined;
  const { host, hostname } = new URL(address);
  return host === "" ? undefined : { host, isLoopback: isLoopbackHost(hostname) };
};

/** @param providerKey `<provider>@<origin>` */
export const originOf = (providerKey: string): string => providerKey.slice(providerKey.indexOf("@") + 1);

export interface LeavingRequest {
  /** What for. `enrich` is for calls about a photo or text of the user's. */
  readonly purpose: "enrich" | "canary" | "health" | "webhook";
  /** Id of the provider, or `webhook`. */
  readonly provider: string;
  /** Address it goes to. */
  readonly address: string;
  /** Content hash. */
  readonly photo?: string | undefined;
  readonly image?:
    | { readonly bytes: Uint8Array; readonly width?: number | undefined; readonly height?: number | undefined }
    | undefined;
  /** Names of the data fields that are sent. */
  readonly fields?: readonly string[];
}

/** @returns undefined when nothing leaves the process */
export const ledgerEntry = (request: LeavingRequest): LedgerEntry | undefined => {
  const { purpose, provider, address, photo, image, fields = [] } = request;
  const destination = destinationOf(address);
  if (destination === undefined) return undefined;
  return {
    purpose,
    provider,
    ...destination,
    photo,
    fields,
    ...(image === undefined
      ? {}
      : {
          bytesSha256: createHash("sha256").update(image.bytes).digest("hex"),
          byteSize: image.bytes.length,
          width: image.width,
          height: image.height,
        }),
  };
};

/**
 * Writes the row of a request that is no call of a model, before it leaves: health calls, the webhook.
 * @returns call it with `ok` or a public code, whatever comes of the request
 */
export const recordRequest = async (
  calls: Pick<CallLogRepository, "recordRequest" | "endRequest">,
  request: LeavingRequest,
): Promise<(outcome: string) => Promise<void>> => {
  const entry = ledgerEntry(request);
  if (entry === undefined) return () => Promise.resolve();
  const callId = await calls.recordRequest(entry);
  return (outcome) => calls.endRequest(callId, outcome);
};
