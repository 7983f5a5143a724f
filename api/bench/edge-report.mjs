import { median, pairedRatio } from '../../training/bench/statistics.mjs';
import { formatTable } from '../../training/bench/table.mjs';

/** What the worker and the page must keep. */
const MOST = {
  predictCpuMs: 60,
  gradcamRatio: 1.2,
  firstAnswerMs: 1500,
  memoryBytes: 128 * 1e6,
  onDeviceMs: 150,
};

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
const sum = (values) => values.reduce((total, value) => total + value, 0);
const range = (values, digits) =>
  `${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)}`;

/** What an isolate had at once, at most: its heap, its buffers and every WebAssembly memory there ever was. */
export function isolateBytes({ heapBytes, bufferBytes, wasmBytes }) {
  return heapBytes + bufferBytes + sum(wasmBytes);
}

/** The figures of a run as text, each beside its target. */
export function describeEdge(result) {
  const { machine, sizes, agreed, memory } = result;
  return [
    `The worker in workerd, and the page's mode on this device
${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load before: ${machine.loadAverage}, after: ${machine.loadAverageAfter}`,
    targetTable(result),
    ...(memory ? [memoryTable(memory)] : []),
    `${sizes.join('\n')}\nanswers that agree with the Node server's: ${agreed}`,
  ].join('\n\n');
}

function targetTable({ first, cpu, memory, device }) {
  const { predictMs, gradcamMs } = cpu;
  const ratio = pairedRatio(gradcamMs, predictMs);
  const rows = [
    row('/predict, 600x450: CPU ms', median(predictMs), MOST.predictCpuMs, 1, range(predictMs, 1)),
    row('/gradcam as JSON: CPU ms', median(gradcamMs), undefined, 1, range(gradcamMs, 1)),
    row(
      '/gradcam over /predict',
      ratio.median,
      MOST.gradcamRatio,
      2,
      range([ratio.least, ratio.greatest], 2),
    ),
    row(
      'first answer of a fresh process: ms',
      median(first.wallMs),
      MOST.firstAnswerMs,
      0,
      range(first.wallMs, 0),
    ),
    row('of it CPU ms', median(first.cpuMs), undefined, 0, range(first.cpuMs, 0)),
  ];
  if (memory) {
    const answered = memory.rows.filter(({ status }) => status === 200);
    const residents = answered.map(({ peakBytes }) => (peakBytes - memory.trivialBytes) / 1e6);
    const counted = answered.map((picture) => isolateBytes(picture) / 1e6);
    const most = MOST.memoryBytes / 1e6;
    rows.push(
      row('memory: heap, buffers, wasm: MB', Math.max(...counted), most, 0, range(counted, 0)),
      row(
        'memory: resident above trivial: MB',
        Math.max(...residents),
        most,
        0,
        range(residents, 0),
      ),
    );
  }
  if (device) {
    const { warmMs, firstMs, warmComputingMs, offline } = device;
    rows.push(
      row('on this device, warm: ms', median(warmMs), MOST.onDeviceMs, 0, range(warmMs, 0)),
      row(
        'of it decoding and network: ms',
        median(warmComputingMs),
        undefined,
        0,
        range(warmComputingMs, 0),
      ),
      row('the first: ms', firstMs, undefined, 0, ''),
      [
        'answers with the network cut',
        offline ? 'yes' : 'no',
        'yes',
        offline ? 'met' : 'MISSED',
        '',
      ],
    );
  }
  return formatTable(['', 'figure', 'at most', '', 'range'], rows);
}

function row(name, figure, most, digits, spread) {
  const verdict = most === undefined ? '' : figure <= most ? 'met' : 'MISSED';
  return [name, figure.toFixed(digits), most ?? '', verdict, spread];
}

function memoryTable({ trivialBytes, rows }) {
  const cells = rows.map((picture) => [
    `${picture.name}, ${picture.width}x${picture.height}`,
    picture.status,
    megabytes(picture.heapBytes),
    megabytes(picture.bufferBytes),
    picture.wasmBytes.map(megabytes).join('+'),
    megabytes(isolateBytes(picture)),
    megabytes(picture.peakBytes - trivialBytes),
  ]);
  const header = ['MB, after one /gradcam', 'status', 'heap', 'buffers', 'wasm', 'sum', 'resident'];
  return `${formatTable(header, cells)}
resident: the most the process had while it answered, less the ${megabytes(trivialBytes)} MB of a worker that does nothing`;
}
