/** A part of a frame: `length` bytes from `offset`. */
export interface Range {
  offset: number;
  length: number;
}

export interface HexRow {
  offset: number;
  bytes: { offset: number; hex: string; character: string }[];
}

/** The bytes of a hex string; a last half byte is left out. */
export function bytesOf(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Printable ASCII as itself, all else as a dot. */
function characterOf(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
}

export function rowsOf(bytes: Uint8Array, width: number): HexRow[] {
  const rows: HexRow[] = [];
  for (let start = 0; start < bytes.length; start += width) {
    const row: HexRow = { offset: start, bytes: [] };
    for (let offset = start; offset < Math.min(start + width, bytes.length); offset += 1) {
      const byte = bytes[offset] ?? 0;
      row.bytes.push({
        offset,
        hex: byte.toString(16).padStart(2, '0').toUpperCase(),
        character: characterOf(byte),
      });
    }
    rows.push(row);
  }
  return rows;
}

export function contains(range: Range, offset: number): boolean {
  return offset >= range.offset && offset < range.offset + range.length;
}

/** The smallest field that covers a byte: fields may lie inside one another (a status word and its bits). */
export function fieldAt<Field extends Range>(fields: readonly Field[], offset: number): Field | null {
  let found: Field | null = null;
  for (const field of fields) {
    if (contains(field, offset) && (found === null || field.length < found.length)) found = field;
  }
  return found;
}
