/** Finds the weights in the bytes of an ONNX graph, so that tests can damage them. */

interface Field {
  readonly number: number;
  /** Of length-delimited fields only. */
  readonly start: number;
  readonly end: number;
}

export interface WeightBytes {
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly length: number;
}

/** Numbers of onnx.proto: ModelProto.graph, GraphProto.initializer, TensorProto.raw_data. */
const [GRAPH, INITIALIZER, RAW_DATA] = [7, 5, 9];
const LENGTH_DELIMITED = 2;

const readVarint = (bytes: Uint8Array, at: number): { readonly value: number; readonly next: number } => {
  let value = 0;
  for (let factor = 1, next = at; next < bytes.length; factor *= 128) {
    const byte = bytes[next] ?? 0;
    next += 1;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, next };
  }
  throw new Error(`Expected a number at byte ${at} of the graph, received its end.`);
};

/** Length-delimited fields of the message between two offsets. */
function* fieldsOf(bytes: Uint8Array, start: number, end: number): Generator<Field> {
  const fixedSizes = new Map([
    [1, 8],
    [5, 4],
  ]);
  for (let at = start; at < end;) {
    const key = readVarint(bytes, at);
    const type = key.value % 8;
    if (type === LENGTH_DELIMITED) {
      const length = readVarint(bytes, key.next);
      at = length.next + length.value;
      yield { number: Math.floor(key.value / 8), start: length.next, end: at };
    } else {
      at = type === 0 ? readVarint(bytes, key.next).next : key.next + (fixedSizes.get(type) ?? end);
    }
  }
}

const insideOf = (bytes: Uint8Array, outer: readonly Field[], number: number): readonly Field[] =>
  outer.flatMap(({ start, end }) => [...fieldsOf(bytes, start, end)].filter((field) => field.number === number));

/** Raw data of every weight tensor, largest first. */
export const weightsOf = (bytes: Uint8Array): readonly WeightBytes[] => {
  const model: Field = { number: 0, start: 0, end: bytes.length };
  const tensors = insideOf(bytes, insideOf(bytes, [model], GRAPH), INITIALIZER);
  return insideOf(bytes, tensors, RAW_DATA)
    .map(({ start, end }) => ({ offset: start, length: end - start }))
    .toSorted((left, right) => right.length - left.length);
};
