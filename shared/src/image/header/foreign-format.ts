/** Well-known formats that are not read, so that a refusal can say what was sent. */
export type ForeignFormat =
  | 'nothing (no bytes)'
  | 'GIF'
  | 'BMP'
  | 'TIFF or a camera raw format'
  | 'HEIC'
  | 'AVIF'
  | 'JPEG XL'
  | 'JPEG 2000'
  | 'Photoshop'
  | 'an icon'
  | 'DICOM'
  | 'a video or sound'
  | 'PDF'
  | 'a ZIP archive'
  | 'gzip'
  | 'SVG'
  | 'HTML'
  | 'JSON'
  | 'base64 text'
  | 'text';

/** Magic numbers at a fixed place, as Latin-1. */
const MAGIC: readonly (readonly [offset: number, magic: string, format: ForeignFormat])[] = [
  [0, 'GIF87a', 'GIF'],
  [0, 'GIF89a', 'GIF'],
  [0, 'II*\0', 'TIFF or a camera raw format'],
  [0, 'MM\0*', 'TIFF or a camera raw format'],
  [0, 'II+\0', 'TIFF or a camera raw format'],
  [0, 'MM\0+', 'TIFF or a camera raw format'],
  [0, '\xff\x0a', 'JPEG XL'],
  [0, '\0\0\0\x0cJXL ', 'JPEG XL'],
  [0, '\0\0\0\x0cjP  ', 'JPEG 2000'],
  [0, '\xff\x4f\xff\x51', 'JPEG 2000'],
  [0, '8BPS', 'Photoshop'],
  [0, '\0\0\x01\0', 'an icon'],
  [128, 'DICM', 'DICOM'],
  [0, '%PDF-', 'PDF'],
  [0, 'PK\x03\x04', 'a ZIP archive'],
  [0, '\x1f\x8b', 'gzip'],
  [0, 'RIFF', 'a video or sound'],
  [0, '\x1a\x45\xdf\xa3', 'a video or sound'],
  [0, 'OggS', 'a video or sound'],
  [0, 'ID3', 'a video or sound'],
  [0, 'BM', 'BMP'],
];

/** How much of a file is inspected: enough for the prologue of an SVG. */
const SNIFFED_BYTES = 1024;

/**
 * A guess at what a file is, by its first bytes.
 *
 * @param bytes a file that is not a JPEG, PNG or WebP
 * @returns undefined where the bytes are of no format known here
 */
export function guessForeignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  if (bytes.length === 0) return 'nothing (no bytes)';
  const head = latin1(bytes.subarray(0, SNIFFED_BYTES));
  if (head.startsWith('ftyp', 4)) return fileTypeBox(head);
  for (const [offset, magic, format] of MAGIC) {
    if (head.startsWith(magic, offset)) return format;
  }
  return isText(bytes.subarray(0, SNIFFED_BYTES)) ? textFormat(head) : undefined;
}

/** ISO base media files name their brands: major at 8, compatible ones from 16 on, four bytes each. */
function fileTypeBox(head: string): ForeignFormat {
  const boxBytes =
    head.charCodeAt(0) * 2 ** 24 +
    (head.charCodeAt(1) << 16) +
    (head.charCodeAt(2) << 8) +
    head.charCodeAt(3);
  const brands = head.slice(8, Math.max(12, boxBytes));
  if (/avi[fs]/.test(brands)) return 'AVIF';
  if (/hei[cxms]|hev[cxms]|mif1|msf1/.test(brands)) return 'HEIC';
  return 'a video or sound';
}

function textFormat(head: string): ForeignFormat {
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^data:image\/|^\/9j\/|^iVBORw0KGgo|^UklGR/.test(text)) return 'base64 text';
  if (/^<!doctype html|^<html/i.test(text)) return 'HTML';
  if (text.startsWith('<') && /<svg[\s>]/i.test(text)) return 'SVG';
  if (/^[{[]/.test(text)) return 'JSON';
  return 'text';
}

/** Whether there are no control characters but those of text, and at most some UTF-8. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)) {
    return false;
  }
  try {
    // A character may be cut in two where the looking ends: `stream` holds it back.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
