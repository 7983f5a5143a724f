import { joinBytes } from '../../bytes/join-bytes.ts';
import {
  type Chromaticity,
  type Primaries,
  SRGB_PRIMARIES,
  SRGB_TRANSFER,
  type Transfer,
} from '../header/declared-colours.ts';

type Vector = readonly [number, number, number];
type Matrix = readonly [Vector, Vector, Vector];

/** The white that profiles are relative to (ICC.1:2022, section 6.3.3.2), in XYZ. */
const D50: Vector = [0.9642, 1, 0.8249];

/** Lam 1985: from XYZ to the response of cones, in which whites are adapted. */
const BRADFORD: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

const VERSION_4 = 0x04400000;
/** Of a table in version 4, readers take black to be lighter than none, as in its clause on perceptual intents. */
const VERSION_2 = 0x02400000;

const HEADER_BYTES = 128;
const TAG_BYTES = 12;

/**
 * An ICC profile of a display (ICC.1:2022, sections 7 to 10) for colours that a file declares otherwise, so that they
 * are converted as embedded profiles are.
 *
 * @param channels 1 has the transfer alone
 */
export function createIccProfile(
  primaries: Primaries,
  transfer: Transfer,
  channels: 1 | 3,
): Uint8Array<ArrayBuffer> {
  const curve = curveTag(transfer);
  if (channels === 1) return profileOf('mntr', 'GRAY', [[['kTRC'], curve]]);
  const [red, green, blue] = columns(colourMatrix(primaries));
  return profileOf('mntr', 'RGB ', [
    [['rXYZ'], xyzTag(red)],
    [['gXYZ'], xyzTag(green)],
    [['bXYZ'], xyzTag(blue)],
    [['rTRC', 'gTRC', 'bTRC'], curve],
  ]);
}

/** Nodes of the table of inks a side: between them the product of two inks is off by a level of 255 at most. */
const INK_NODES = 9;

/**
 * An ICC profile of inks that no profile describes: each takes its part of one colour of sRGB, `(1 - C) (1 - K)` of red
 * and so on, as browsers and Pillow show them.
 */
export function inksProfile(): Uint8Array<ArrayBuffer> {
  inks ??= createInksProfile();
  return inks;
}

/** The same for every image, and 20 kB of table to compute. */
let inks: Uint8Array<ArrayBuffer> | undefined;

function createInksProfile(): Uint8Array<ArrayBuffer> {
  const nodes = INK_NODES ** 4;
  const table = new Uint8Array(20 + 3 * nodes);
  table.fill(INK_NODES, 0, 4);
  // Bytes of a value.
  table[16] = 1;
  const light = (node: number, place: number): number =>
    1 - (Math.floor(node / INK_NODES ** place) % INK_NODES) / (INK_NODES - 1);
  for (let node = 0; node < nodes; node++) {
    for (let colour = 0; colour < 3; colour++) {
      table[20 + 3 * node + colour] = Math.round(255 * light(node, 3 - colour) * light(node, 0));
    }
  }
  const transfer = curveTag(SRGB_TRANSFER);
  const same = tag('curv', 4).data;
  return profileOf('scnr', 'CMYK', [
    [
      ['A2B0'],
      tableTag({
        before: [same, same, same, same],
        table,
        between: [transfer, transfer, transfer],
        matrix: colourMatrix(SRGB_PRIMARIES),
        after: [same, same, same],
      }),
    ],
  ]);
}

type Tag = readonly [signatures: readonly string[], data: Uint8Array];

function profileOf(
  deviceClass: string,
  colourSpace: string,
  ownTags: readonly Tag[],
): Uint8Array<ArrayBuffer> {
  const tags: readonly Tag[] = [
    [['desc'], textTag('declared')],
    [['cprt'], textTag('none')],
    [['wtpt'], xyzTag(D50)],
    ...ownTags,
  ];
  const count = tags.reduce((sum, [signatures]) => sum + signatures.length, 0);
  const tableEnd = HEADER_BYTES + 4 + TAG_BYTES * count;
  const size = tags.reduce((sum, [, data]) => sum + data.length, tableEnd);

  const profile = new Uint8Array(size);
  const view = new DataView(profile.buffer);
  const ascii = (at: number, text: string) => profile.set(new TextEncoder().encode(text), at);
  view.setUint32(0, size);
  view.setUint32(8, deviceClass === 'scnr' ? VERSION_2 : VERSION_4);
  ascii(12, `${deviceClass}${colourSpace}XYZ `);
  // Of making; some readers want one.
  for (const [i, value] of [2000, 1, 1].entries()) view.setUint16(24 + 2 * i, value);
  ascii(36, 'acsp');
  for (const [i, value] of D50.entries()) view.setInt32(68 + 4 * i, fixed(value));
  view.setUint32(HEADER_BYTES, count);
  let entry = HEADER_BYTES + 4;
  let at = tableEnd;
  for (const [signatures, data] of tags) {
    for (const signature of signatures) {
      ascii(entry, signature);
      view.setUint32(entry + 4, at);
      view.setUint32(entry + 8, data.length);
      entry += TAG_BYTES;
    }
    profile.set(data, at);
    at += data.length;
  }
  return profile;
}

/** From linear RGB to XYZ that is adapted to D50. */
function colourMatrix({ red, green, blue, white }: Primaries): Matrix {
  const unscaled = transpose([xyz(red), xyz(green), xyz(blue)]);
  const scale = apply(inverse(unscaled), xyz(white));
  const toXyz = unscaled.map((row) => row.map((value, i) => value * scale[i]!)) as never as Matrix;
  const [from, to] = [apply(BRADFORD, xyz(white)), apply(BRADFORD, D50)];
  const adapted = BRADFORD.map((row, i) =>
    row.map((value) => (value * to[i]!) / from[i]!),
  ) as never as Matrix;
  return multiply(inverse(BRADFORD), multiply(adapted, toXyz));
}

/** Of light 1. */
function xyz([x, y]: Chromaticity): Vector {
  return [x / y, 1, (1 - x - y) / y];
}

function apply(matrix: Matrix, [x, y, z]: Vector): Vector {
  return matrix.map(([a, b, c]) => a * x + b * y + c * z) as never as Vector;
}

function transpose([a, b, c]: Matrix): Matrix {
  return [0, 1, 2].map((i) => [a[i]!, b[i]!, c[i]!]) as never as Matrix;
}

const columns = transpose;

function multiply(a: Matrix, b: Matrix): Matrix {
  return transpose(transpose(b).map((column) => apply(a, column)) as never as Matrix);
}

/** By cofactors. */
function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const determinant = a * p + b * q + c * r;
  const cofactors: Matrix = [
    [p, c * h - b * i, b * f - c * e],
    [q, a * i - c * g, c * d - a * f],
    [r, b * g - a * h, a * e - b * d],
  ];
  return cofactors.map((row) => row.map((value) => value / determinant)) as never as Matrix;
}

function tag(type: string, bytes: number): { data: Uint8Array; view: DataView } {
  // Tags begin at multiples of four.
  const data = new Uint8Array(Math.ceil((8 + bytes) / 4) * 4);
  data.set(new TextEncoder().encode(type));
  return { data, view: new DataView(data.buffer) };
}

function xyzTag(values: Vector): Uint8Array {
  const { data, view } = tag('XYZ ', 12);
  for (const [i, value] of values.entries()) view.setInt32(8 + 4 * i, fixed(value));
  return data;
}

/** `multiLocalizedUnicodeType` with one text. */
function textTag(text: string): Uint8Array {
  const { data, view } = tag('mluc', 20 + 2 * text.length);
  view.setUint32(8, 1);
  view.setUint32(12, 12);
  data.set(new TextEncoder().encode('enUS'), 16);
  view.setUint32(20, 2 * text.length);
  view.setUint32(24, 28);
  for (let i = 0; i < text.length; i++) view.setUint16(28 + 2 * i, text.charCodeAt(i));
  return data;
}

/** `parametricCurveType`. */
function curveTag(transfer: Transfer): Uint8Array {
  const parameters =
    'a' in transfer
      ? [transfer.gamma, transfer.a, transfer.b, transfer.slope, transfer.linearBelow]
      : [transfer.gamma];
  const { data, view } = tag('para', 4 + 4 * parameters.length);
  view.setUint16(8, parameters.length === 1 ? 0 : 3);
  for (const [i, value] of parameters.entries()) view.setInt32(12 + 4 * i, fixed(value));
  return data;
}

/** What inks go through, in this order. */
interface InkStages {
  readonly before: readonly Uint8Array[];
  readonly table: Uint8Array;
  readonly between: readonly Uint8Array[];
  readonly matrix: Matrix;
  readonly after: readonly Uint8Array[];
}

/** `lutAToBType`, to XYZ. */
function tableTag({ before, table, between, matrix, after }: InkStages): Uint8Array {
  const numbers = new Uint8Array(48);
  const view = new DataView(numbers.buffer);
  // XYZ of 1 is stored as 32768 of 65535.
  for (const [i, value] of matrix.flat().entries())
    view.setInt32(4 * i, fixed((value * 32768) / 65535));
  const padded = new Uint8Array(Math.ceil(table.length / 4) * 4);
  padded.set(table);
  // In the order of their offsets in the head.
  const parts = [joinBytes(after), numbers, joinBytes(between), padded, joinBytes(before)];
  const head = tag('mAB ', 24);
  head.data[8] = before.length;
  head.data[9] = after.length;
  let at = head.data.length;
  for (const [i, part] of parts.entries()) {
    head.view.setUint32(12 + 4 * i, at);
    at += part.length;
  }
  return joinBytes([head.data, ...parts]);
}

/** `s15Fixed16Number`. */
function fixed(value: number): number {
  return Math.round(value * 65536);
}
