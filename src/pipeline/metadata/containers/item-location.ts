/** The item location box `iloc` (ISO/IEC 14496-12, 8.11.3). */
import { viewOf } from "../blocks.ts";

export interface ItemLocation {
  readonly id: number;
  /** Construction method 1: offsets count from the `idat` box, not from the start of the file. */
  readonly isInItemData: boolean;
  /** Length 0 = up to the end of the source. */
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

const MAX_EXTENTS = 64;

/** Reads big-endian fields one after the other; past the end it yields zeros and `isExhausted`. */
const createCursor = (bytes: Uint8Array) => {
  const view = viewOf(bytes);
  let offset = 0;
  return {
    /** `size` is 0, 1, 2, 4 or 8 bytes. */
    next: (size: number): number => {
      const at = offset;
      offset += size;
      if (offset > bytes.length) return 0;
      if (size === 1) return view.getUint8(at);
      if (size === 2) return view.getUint16(at);
      if (size === 4) return view.getUint32(at);
      return size === 8 ? Number(view.getBigUint64(at)) : 0;
    },
    isExhausted: (): boolean => offset > bytes.length,
  };
};

type Cursor = ReturnType<typeof createCursor>;

interface FieldSizes {
  readonly version: number;
  readonly offset: number;
  readonly length: number;
  readonly base: number;
  readonly index: number;
}

const nextItem = (cursor: Cursor, sizes: FieldSizes): ItemLocation => {
  const id = cursor.next(sizes.version < 2 ? 2 : 4);
  const method = sizes.version === 0 ? 0 : cursor.next(2) & 0xf;
  cursor.next(2); // data reference index
  const base = cursor.next(sizes.base);
  const extentCount = cursor.next(2);
  const extents: { readonly offset: number; readonly length: number }[] = [];
  for (let extent = 0; extent < extentCount && !cursor.isExhausted(); extent += 1) {
    cursor.next(sizes.index);
    const offset = base + cursor.next(sizes.offset);
    const length = cursor.next(sizes.length);
    if (extents.length < MAX_EXTENTS) extents.push({ offset, length });
  }
  return { id, isInItemData: method === 1, extents };
};

/** Locations of the wanted items; a broken box yields those before the damage. */
export const parseItemLocations = (box: Uint8Array, wanted: ReadonlySet<number>): readonly ItemLocation[] => {
  const cursor = createCursor(box);
  const version = cursor.next(1);
  cursor.next(1);
  cursor.next(2); // flags, together 3 bytes
  const [first, second] = [cursor.next(1), cursor.next(1)];
  const sizes = {
    version,
    offset: first >> 4,
    length: first & 0xf,
    base: second >> 4,
    index: version === 0 ? 0 : second & 0xf,
  };
  const count = cursor.next(version < 2 ? 2 : 4);
  const found: ItemLocation[] = [];
  for (let index = 0; index < count && !cursor.isExhausted(); index += 1) {
    const item = nextItem(cursor, sizes);
    if (wanted.has(item.id) && item.extents.length > 0 && !cursor.isExhausted()) found.push(item);
  }
  return found;
};
