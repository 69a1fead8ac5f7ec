/** sharp, loaded at first use and set up once. */
import type Sharp from "sharp";

export type SharpFactory = typeof Sharp;

let loading: Promise<SharpFactory> | undefined;

const load = async (): Promise<SharpFactory> => {
  const { default: sharp } = await import("sharp");
  sharp.cache(false); // photos are seen once; the cache only fragments memory
  sharp.concurrency(1); // several photos are in flight, threads inside one photo gain nothing
  return sharp;
};

export const loadSharp = (): Promise<SharpFactory> => (loading ??= load());
