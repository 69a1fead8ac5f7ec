/**
 * Memory for whole files, used again and again. A fresh buffer for each photo makes V8 collect garbage every few
 * photos for the memory outside of its heap alone: a sixth of the processor time of a decode, and pauses with it.
 */
const MIB = 1024 ** 2;
/** Larger files get memory of their own. */
const LARGEST_KEPT = 32 * MIB;

export interface ReadBuffers {
  /** `size` bytes with undefined content. */
  readonly take: (size: number) => Uint8Array;
  /** Gives bytes of `take` back. Only when nothing reads them any more: after a failure let go of them instead. */
  readonly giveBack: (bytes: Uint8Array) => void;
}

/** @param limit buffers kept, as many as are in use at once */
export const createReadBuffers = (limit: number): ReadBuffers => {
  const spare: ArrayBufferLike[] = []; // smallest first
  const lent = new WeakMap<Uint8Array, ArrayBufferLike>();
  return {
    take: (size) => {
      if (size > LARGEST_KEPT) return new Uint8Array(size);
      const position = spare.findIndex(({ byteLength }) => byteLength >= size);
      const [kept] = position === -1 ? [] : spare.splice(position, 1);
      const buffer = kept ?? Buffer.allocUnsafeSlow(Math.max(1, Math.ceil(size / MIB)) * MIB).buffer;
      const bytes = new Uint8Array(buffer, 0, size);
      lent.set(bytes, buffer);
      return bytes;
    },
    giveBack: (bytes) => {
      const buffer = lent.get(bytes);
      if (buffer === undefined) return;
      lent.delete(bytes);
      spare.push(buffer);
      spare.sort((left, right) => left.byteLength - right.byteLength);
      if (spare.length > limit) spare.shift(); // the larger ones fit more files
    },
  };
};
