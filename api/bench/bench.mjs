#!/usr/bin/env node
// `npm run bench`: the project against its peers and against its own bounds.
import { UsageError } from '../../training/bench/flags.mjs';
import { benchTraining, TRAINING_HELP } from '../../training/bench/training-bench.mjs';
import { SetupError } from '../../training/setup/setup-error.mjs';
import { ATTACKS_HELP, benchAttacks } from './attacks/attack-bench.mjs';
import { benchSoak, SOAK_HELP } from './attacks/soak-bench.mjs';
import { BUILDS_HELP, benchBuilds } from './builds-bench.mjs';
import { benchEdge, EDGE_HELP } from './edge-bench.mjs';
import { benchFolders, FOLDERS_HELP } from './folders-bench.mjs';
import { benchServing, SERVING_HELP } from './serving-bench.mjs';

const HELP = `Usage: npm run bench -- [serving|training|edge|folders|attacks|soak|builds] [options]

${SERVING_HELP}

${TRAINING_HELP}

${EDGE_HELP}

${FOLDERS_HELP}

${ATTACKS_HELP}

${SOAK_HELP}

${BUILDS_HELP}`;

// The 'exit' event is what ends the servers.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

const [first, ...rest] = process.argv.slice(2);
const named = first !== undefined && !first.startsWith('-');
const name = named ? first : 'serving';
const args = named ? rest : process.argv.slice(2);

try {
  if (!named && args.includes('--help')) console.log(HELP);
  else if (name === 'serving') await benchServing(args);
  else if (name === 'training') await benchTraining(args);
  else if (name === 'edge') await benchEdge(args);
  else if (name === 'folders') await benchFolders(args);
  else if (name === 'attacks') await benchAttacks(args);
  else if (name === 'soak') await benchSoak(args);
  else if (name === 'builds') await benchBuilds(args);
  else
    throw new UsageError(
      `there is no benchmark "${name}"; there are serving, training, edge, folders, attacks, soak and builds`,
    );
} catch (error) {
  if (error instanceof SetupError) {
    console.error(`bench: ${error.message}\nWhat to do: ${error.remedy}`);
    process.exitCode = 1;
  } else if (error instanceof UsageError) {
    console.error(`bench: ${error.message} (see --help)`);
    process.exitCode = 2;
  } else {
    console.error(`bench: ${error.stack}`);
    process.exitCode = 1;
  }
}
// What a peer left open must not keep the benchmark from ending.
process.exit();
