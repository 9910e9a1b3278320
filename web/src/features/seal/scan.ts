/** Codes in pictures: by the browser's own reader where it has one (bar codes too), else QR codes by a library. */

interface Detector {
  detect(source: ImageBitmapSource): Promise<{ rawValue: string }[]>;
}

type DetectorClass = new (options?: { formats: string[] }) => Detector;

const FORMATS = ['qr_code', 'data_matrix', 'code_128', 'code_39', 'ean_13', 'itf'];
/** Larger pictures are made smaller before a code is looked for: pixels of the longer side. */
const SIDE_MAX = 1600;

export type FindCode = (source: HTMLVideoElement | ImageBitmap) => Promise<string | null>;

/** Whether a camera can be asked for: browsers give it to pages from a secure address only. */
export function hasCamera(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === 'function';
}

/** A reader of codes. */
export async function codeFinder(): Promise<FindCode> {
  const native = await nativeDetector();
  if (native) return async (source) => (await native.detect(source))[0]?.rawValue ?? null;
  const { decodeQR } = await import('qr/decode.js').then((module) => ({ decodeQR: module.default }));
  const canvas = document.createElement('canvas');
  return (source) => {
    const [width, height] =
      source instanceof HTMLVideoElement
        ? [source.videoWidth, source.videoHeight]
        : [source.width, source.height];
    const scale = Math.min(1, SIDE_MAX / Math.max(width, height, 1));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context || canvas.width === 0 || canvas.height === 0) return Promise.resolve(null);
    context.drawImage(source, 0, 0, canvas.width, canvas.height);
    try {
      return Promise.resolve(decodeQR(context.getImageData(0, 0, canvas.width, canvas.height)));
    } catch {
      // It throws where it finds none.
      return Promise.resolve(null);
    }
  };
}

async function nativeDetector(): Promise<Detector | null> {
  const scope = globalThis as {
    BarcodeDetector?: DetectorClass & { getSupportedFormats(): Promise<string[]> };
  };
  if (!scope.BarcodeDetector) return null;
  const supported = await scope.BarcodeDetector.getSupportedFormats();
  const formats = FORMATS.filter((format) => supported.includes(format));
  return formats.includes('qr_code') ? new scope.BarcodeDetector({ formats }) : null;
}
