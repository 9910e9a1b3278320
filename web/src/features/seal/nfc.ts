/** Tags held to a telephone whose browser reads NFC by itself (Chrome on Android). */

interface TagRecord {
  recordType: string;
  data?: DataView;
}

interface Reader extends EventTarget {
  scan(options: { signal: AbortSignal }): Promise<void>;
}

interface ReadingEvent extends Event {
  serialNumber: string;
  message: { records: TagRecord[] };
}

type ReaderClass = new () => Reader;

function readerClass(): ReaderClass | undefined {
  return (globalThis as { NDEFReader?: ReaderClass }).NDEFReader;
}

export function hasNfc(): boolean {
  return readerClass() !== undefined;
}

/** Reads tags until it is stopped: the link of each, or the chip's number where it holds none. */
export async function readTags(signal: AbortSignal, found: (text: string) => void): Promise<void> {
  const Class = readerClass();
  if (!Class) return;
  const reader = new Class();
  reader.addEventListener('reading', (event) => {
    const { message, serialNumber } = event as ReadingEvent;
    const link = message.records.find(
      ({ recordType }) => recordType === 'url' || recordType === 'absolute-url',
    );
    found(link?.data ? new TextDecoder().decode(link.data) : serialNumber);
  });
  await reader.scan({ signal });
}
