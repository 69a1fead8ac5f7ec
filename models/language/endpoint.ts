/** Addresses of providers: which are accepted, and which hosts are this machine or this network. */
import { BlockList, isIP } from "node:net";
import { z } from "zod";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("0.0.0.0", "ipv4"); // reaches this machine where it reaches anything
loopback.addAddress("::1", "ipv6");
loopback.addAddress("::", "ipv6");

/** RFC 1918, RFC 3927, RFC 4193, RFC 4291. */
const privateNetworks = new BlockList();
privateNetworks.addSubnet("10.0.0.0", 8, "ipv4");
privateNetworks.addSubnet("172.16.0.0", 12, "ipv4");
privateNetworks.addSubnet("192.168.0.0", 16, "ipv4");
privateNetworks.addSubnet("169.254.0.0", 16, "ipv4");
privateNetworks.addSubnet("fc00::", 7, "ipv6");
privateNetworks.addSubnet("fe80::", 10, "ipv6");

/** Names that never lead out of the local network (RFC 6762, RFC 8375, and names without a dot). */
const PRIVATE_NAME = /^[^.]+$|\.(local|internal|home\.arpa)$/;

const contains = (list: BlockList, host: string): boolean => {
  const address = host.replace(/^\[|\]$/g, "");
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? "ipv6" : "ipv4");
};

export const isLoopbackHost = (host: string): boolean => /^(.+\.)?localhost\.?$/.test(host) || contains(loopback, host);

const isPrivateHost = (host: string): boolean =>
  isIP(host.replace(/^\[|\]$/g, "")) === 0 ? PRIVATE_NAME.test(host) : contains(privateNetworks, host);

/** @returns what is wrong with the address, undefined when it may be used */
const refusalOf = (text: string): string | undefined => {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return "Expected an http or https address.";
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    return "Expected an address without user name and password; keys belong into api_key.";
  }
  if (url.search !== "" || url.hash !== "") return "Expected an address without ? and #.";
  if (url.protocol === "http:" && !isLoopbackHost(url.hostname) && !isPrivateHost(url.hostname)) {
    return "Expected https for a host outside of this machine and its network: photos are not sent unencrypted.";
  }
  return undefined;
};

/** A provider's address. Its text never appears in an error: it might hold a password. */
export const endpointSchema = z.string().superRefine((text, context) => {
  const message = refusalOf(text.trim());
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Without a trailing slash, which the SDKs would double. */
export const baseUrlOf = (endpoint: string): URL => new URL(endpoint.trim().replace(/\/+$/, ""));
