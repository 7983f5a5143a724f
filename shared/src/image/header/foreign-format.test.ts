import { describe, expect, it } from 'vitest';
import { guessForeignFormat } from './foreign-format.ts';

/** A file type box of ISO 14496-12 with its brands, and the box after it. */
function ftyp(major: string, ...compatible: string[]): string {
  const size = 16 + compatible.length * 4;
  return `\0\0\0${String.fromCharCode(size)}ftyp${major}\0\0\0\0${compatible.join('')}\0\0\0\x08avifmeta`;
}

describe('guessForeignFormat', () => {
  it.each([
    ['GIF89a\x01\0', 'GIF'],
    ['GIF87a\x01\0', 'GIF'],
    ['BM\x36\0\0\0', 'BMP'],
    ['II*\0\x08\0\0\0', 'TIFF or a camera raw format'],
    ['MM\0*\0\0\0\x08', 'TIFF or a camera raw format'],
    [ftyp('heic', 'mif1', 'heic'), 'HEIC'],
    [ftyp('mif1', 'mif1', 'heic'), 'HEIC'],
    [ftyp('avif', 'mif1', 'miaf'), 'AVIF'],
    [ftyp('mif1', 'avif', 'miaf'), 'AVIF'],
    [ftyp('isom', 'mp41'), 'a video or sound'],
    ['\xff\x0a\xfa\x7f', 'JPEG XL'],
    ['\0\0\0\x0cJXL \x0d\x0a\x87\x0a', 'JPEG XL'],
    ['\0\0\0\x0cjP  \x0d\x0a\x87\x0a', 'JPEG 2000'],
    ['\xff\x4f\xff\x51\0', 'JPEG 2000'],
    ['8BPS\0\x01', 'Photoshop'],
    ['\0\0\x01\0\x01\0', 'an icon'],
    [`${'\0'.repeat(128)}DICM`, 'DICOM'],
    ['RIFF\x24\0\0\0WAVEfmt ', 'a video or sound'],
    ['%PDF-1.7\n', 'PDF'],
    ['PK\x03\x04\x14\0', 'a ZIP archive'],
    ['\x1f\x8b\x08\0', 'gzip'],
    ['<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="', 'SVG'],
    ['\xef\xbb\xbf  <svg>', 'SVG'],
    ['<!DOCTYPE html><title>404</title>', 'HTML'],
    ['{"image": "', 'JSON'],
    ['data:image/jpeg;base64,/9j/4AAQ', 'base64 text'],
    ['/9j/4AAQSkZJRgABAQ', 'base64 text'],
    ['hello, this is text', 'text'],
    ['M\xc3\xa9lanome', 'text'],
    ['', 'nothing (no bytes)'],
  ])('%j is %s', (bytes, format) => {
    expect(guessForeignFormat(Buffer.from(bytes, 'latin1'))).toBe(format);
  });

  it.each(['\0', '\x80\x81\x82', 'abc\0def', '\xff\xd8'])('%j is nothing known', (bytes) => {
    expect(guessForeignFormat(Buffer.from(bytes, 'latin1'))).toBeUndefined();
  });

  it('takes a long text for text, wherever the looking ends', () => {
    for (const indent of ['', ' ', '  ']) {
      expect(guessForeignFormat(Buffer.from(indent + '€'.repeat(1000)))).toBe('text');
    }
  });
});
