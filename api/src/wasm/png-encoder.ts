import { zlibSync } from 'fflate';
import { type PngPorts, pngFile } from '../analysis/png-file.ts';
import type { PngEncoder } from '../analysis/ports.ts';

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

const PORTS: PngPorts = {
  // PNG, third edition, annex D.
  crc32(bytes) {
    let crc = 0xffffffff;
    for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
    return ~crc >>> 0;
  },
  deflate: (rows, effort) => zlibSync(rows, { level: effort === 'small' ? 1 : 0 }),
};

/** PNG without a runtime's own zlib: those that the edge and browsers have are slower at less. */
export const encodePng: PngEncoder = (image, effort) => pngFile(image, effort, PORTS);
