import { median, pairedRatio } from '../../training/bench/statistics.mjs';
import { formatTable } from '../../training/bench/table.mjs';

const megabytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
const perSecond = (loads) => loads.map(({ requestsPerSecond }) => requestsPerSecond);
const medianOf = (loads, member) => median(loads.map((load) => load[member]));

/** The figures of a run as text. */
export function describeServing(result) {
  const { machine, model, rounds, seconds, photoBytes } = result;
  const sizes = Object.entries(photoBytes)
    .map(([image, bytes]) => `${image}: ${(bytes / 1000).toFixed(0)} kB`)
    .join(', ');
  const sections = [
    `Serving model ${model}; medians of ${rounds} turns of ${seconds} s, ratios of turns of the same round
${machine.cores} cores of ${machine.cpu}, Node ${machine.node}, load before: ${machine.loadAverage}, after: ${machine.loadAverageAfter}; ${sizes}`,
    startTable(result),
    ...result.cells.map((cell) => cellTable(cell, result.candidates)),
  ];
  if (result.limits.length > 0)
    sections.push(limitTable(result.limits), gradcamRatios(result.limits));
  if (result.soak) sections.push(describeSoak(result.soak));
  return sections.filter((section) => section !== '').join('\n\n');
}

function startTable({ candidates, firstAnswerMs }) {
  const rows = candidates.map(({ id, label }) => [
    label,
    (median(firstAnswerMs[id]) / 1000).toFixed(2),
  ]);
  return formatTable(['time to the first answer', 's'], rows);
}

/** One row a server; the ratio is the project's throughput over theirs. */
export function cellTable({ image, route, connections, loads }, candidates) {
  const rows = candidates
    .filter(({ id }) => loads[id])
    .map(({ id, label }) => [
      label,
      medianOf(loads[id], 'requestsPerSecond').toFixed(1),
      medianOf(loads[id], 'p50Ms').toFixed(1),
      medianOf(loads[id], 'p99Ms').toFixed(0),
      cpuPerRequest(loads[id]),
      megabytes(Math.max(...loads[id].map(({ residentBytes }) => residentBytes))),
      ...(id === 'naevus' ? ['', ''] : ratioCells(loads.naevus, loads[id])),
    ]);
  const title = `${route}, ${image}, ${connections} connection${connections > 1 ? 's' : ''}`;
  const header = [title, 'req/s', 'p50 ms', 'p99 ms', 'CPU ms', 'MB', 'ratio', 'range'];
  return formatTable(header, rows);
}

function ratioCells(ours, theirs) {
  // A turn may be too short for a server that takes seconds.
  if (theirs.some(({ requests }) => requests === 0)) return ['', 'turns too short'];
  const { median: middle, least, greatest } = pairedRatio(perSecond(ours), perSecond(theirs));
  return [middle.toFixed(2), `${least.toFixed(2)} to ${greatest.toFixed(2)}`];
}

/** CPU time of the server for each request; where it cannot be read, nothing. */
function cpuPerRequest(loads) {
  const milliseconds = medianOf(loads, 'cpuMsPerRequest');
  return Number.isFinite(milliseconds) ? milliseconds.toFixed(1) : '';
}

function limitTable(limits) {
  const rows = limits.map(({ image, cores, imagesPerSecond, served }) => {
    const milliseconds = (mode) => ((1000 * cores) / median(imagesPerSecond[mode])).toFixed(2);
    return [
      image,
      milliseconds('decode'),
      milliseconds('inference'),
      median(imagesPerSecond.both).toFixed(1),
      median(served['/predict']).toFixed(1),
      `${(100 * pairedRatio(served['/predict'], imagesPerSecond.both).median).toFixed(0)} %`,
    ];
  });
  const header = [
    'bare loops, all cores',
    'decode ms',
    'inference ms',
    'both/s',
    'served/s',
    'of both',
  ];
  return formatTable(header, rows);
}

function gradcamRatios(limits) {
  const rows = limits.map(({ image, served }) => {
    const ratio = pairedRatio(served['/predict'], served['/gradcam']);
    return [
      image,
      ratio.median.toFixed(2),
      `${ratio.least.toFixed(2)} to ${ratio.greatest.toFixed(2)}`,
    ];
  });
  return formatTable(['time of /gradcam over /predict, 4 connections', '', 'range'], rows);
}

function describeSoak({ memory, connections, sigterm }) {
  const { load, liveP99Ms, probes } = connections;
  const samples = memory.samples.map(megabytes).join(' ');
  return `Memory over ${memory.requests} requests, 4 connections: ${samples} MB (at most ${(100 * memory.change).toFixed(1)} % from the first)
64 connections for ${connections.seconds} s: ${load.requests} answers ${JSON.stringify(load.statuses)}, ${load.broken} broken, ${load.timedOut} timed out; /health/live p99 ${liveP99Ms.toFixed(1)} ms of ${probes}; ${megabytes(connections.residentBytes)} MB
SIGTERM: of ${sigterm.underWay} requests under way ${JSON.stringify(sigterm.statuses)}, ${sigterm.unanswered} unanswered; exit code ${sigterm.exitCode} after ${sigterm.exitMs.toFixed(0)} ms`;
}
