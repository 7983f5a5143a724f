// `npm run bench -- builds`: what a request costs in this checkout and in another one, in one run.
import { join, resolve } from 'node:path';
import { parseFlags, UsageError, wholeNumber } from '../../training/bench/flags.mjs';
import { describeMachine } from '../../training/bench/machine.mjs';
import { median, pairedRatio } from '../../training/bench/statistics.mjs';
import { NAEVUS, REPOSITORY } from './candidates.mjs';
import { makePhotos } from './photos.mjs';
import { Server } from './server.mjs';

export const BUILDS_HELP = `Usage: npm run bench -- builds --other FOLDER [options]

Asks this checkout's server and another checkout's in turn for /predict at 600x450, with one model, and prints what CPU
time a request takes in each and their ratio, round by round. Both must be built.

  --other FOLDER  of the other checkout
  --model FOLDER  of the version that both serve (default: the other checkout's current one)
  --connections N (default 4; over 1 both spin on all cores, which is CPU time too)
  --rounds N      (default 10)
  --requests N    of each server in a round (default 300)
  --help          this text`;

/** @param {readonly string[]} args of the command line */
export async function benchBuilds(args) {
  const flags = parseFlags(args, {
    other: { type: 'string' },
    model: { type: 'string' },
    connections: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '10' },
    requests: { type: 'string', default: '300' },
    help: { type: 'boolean', default: false },
  });
  if (flags.help) return console.log(BUILDS_HELP);
  if (flags.other === undefined) throw new UsageError('--other must name a checkout');
  const connections = wholeNumber('connections', flags.connections);
  const rounds = wholeNumber('rounds', flags.rounds);
  const requests = wholeNumber('requests', flags.requests);
  const other = resolve(flags.other);
  const model = resolve(flags.model ?? join(other, 'model-artifacts'));
  const [photo] = (await makePhotos())['600x450'].bytes;
  const start = (folder) =>
    Server.start(
      {
        ...NAEVUS,
        args: () => [join(folder, 'api/dist/node.js')],
        env: (port) => ({ ...NAEVUS.env(port), NAEVUS_MODEL_DIR: model }),
      },
      photo,
    );
  const servers = [await start(REPOSITORY), await start(other)];
  try {
    const cpu = [[], []];
    const cost = (server) => costOf(server, photo, requests, connections);
    for (const server of servers) await cost(server);
    for (let round = 0; round < rounds; round++) {
      // Another one first each time.
      for (const which of round % 2 === 0 ? [0, 1] : [1, 0]) {
        cpu[which].push(await cost(servers[which]));
      }
    }
    const ratio = pairedRatio(cpu[0], cpu[1]);
    const { cores, cpu: name, loadAverage } = describeMachine();
    const spread = [ratio.least, ratio.greatest].map((value) => value.toFixed(3)).join(' to ');
    console.log(`${cores} cores of ${name}, load ${loadAverage}; ${rounds} rounds of ${requests} requests over ${connections} connections
CPU ms a request: ${median(cpu[0]).toFixed(2)} here, ${median(cpu[1]).toFixed(2)} in ${other}
ratio of the same rounds: ${ratio.median.toFixed(3)} (${spread})`);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** CPU milliseconds of a request. */
async function costOf(server, photo, requests, connections) {
  await server.idle();
  const before = await server.usage();
  let left = requests;
  const client = async () => {
    while (left-- > 0) {
      const response = await server.post('/predict', photo);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`answered ${response.status}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  return ((await server.usage()).cpuMs - before.cpuMs) / requests;
}
