import type { Chromaticity, Primaries, Transfer } from '../header/declared-colours.ts';

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
  const tags: [signatures: readonly string[], data: Uint8Array][] = [
    [['desc'], textTag('declared')],
    [['cprt'], textTag('none')],
    [['wtpt'], xyzTag(D50)],
  ];
  if (channels === 1) {
    tags.push([['kTRC'], curve]);
  } else {
    const [red, green, blue] = columns(colourMatrix(primaries));
    tags.push([['rXYZ'], xyzTag(red)], [['gXYZ'], xyzTag(green)], [['bXYZ'], xyzTag(blue)]);
    tags.push([['rTRC', 'gTRC', 'bTRC'], curve]);
  }
  const count = tags.reduce((sum, [signatures]) => sum + signatures.length, 0);
  const tableEnd = HEADER_BYTES + 4 + TAG_BYTES * count;
  const size = tags.reduce((sum, [, data]) => sum + data.length, tableEnd);

  const profile = new Uint8Array(size);
  const view = new DataView(profile.buffer);
  const ascii = (at: number, text: string) => profile.set(new TextEncoder().encode(text), at);
  view.setUint32(0, size);
  view.setUint32(8, 0x04400000);
  ascii(12, `mntr${channels === 1 ? 'GRAY' : 'RGB '}XYZ `);
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

/** `s15Fixed16Number`. */
function fixed(value: number): number {
  return Math.round(value * 65536);
}
