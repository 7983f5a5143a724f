// `npm run readme`: runs every command of every document, in order, in a scratch clone of what is committed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readCommands } from './read-commands.mjs';
import { RULES } from './rules.mjs';
import { Runner } from './runner.mjs';

const HELP = `npm run readme [-- --list] [--only TEXT]

Runs every command of every document of the repository, in order, in a scratch clone of what is committed, with files
in the places of those that a reader puts in. What cannot be run is listed with the reason.

--list       says what would be done with each command, and runs none
--only TEXT  commands of documents whose path has this text
`;
const root = execFileSync('git', ['rev-parse', '--show-toplevel'], { encoding: 'utf8' }).trim();

const { values } = parseArgs({
  options: {
    list: { type: 'boolean' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(HELP);
else await main();

async function main() {
  const documents = documentsOf(root).filter((path) => path.includes(values.only));
  const plan = documents.flatMap((path) =>
    readCommands(readFileSync(join(root, path), 'utf8')).map((commands) => ({
      path,
      steps: commands.map((command) => ({ command, rule: ruleOf(command) })),
    })),
  );
  const unknown = plan.flatMap(({ path, steps }) =>
    steps.filter(({ rule }) => rule === undefined).map(({ command }) => `${path}: ${command}`),
  );
  if (unknown.length > 0) {
    console.error(
      `No rule says how these are run, or why not (.ci/readme/rules.mjs):\n${unknown.join('\n')}`,
    );
    process.exitCode = 1;
    return;
  }
  if (values.list) {
    for (const { path, steps } of plan) {
      for (const { command, rule } of steps) {
        console.log(
          `${path}: ${command}\n    ${rule.leftOut ? `left out: ${rule.leftOut}` : 'run'}`,
        );
      }
    }
    return;
  }
  const scratch = mkdtempSync(join(tmpdir(), 'naevus-readme-'));
  const runner = new Runner(scratch);
  try {
    await runner.prepare();
    for (const { path, steps } of plan) await runner.block(path, steps);
    console.log(`${runner.done} commands run, ${runner.leftOut} left out`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await runner.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The documents in the order in which a reader meets them. */
function documentsOf(folder) {
  const paths = execFileSync('git', ['ls-files', '*.md'], { cwd: folder, encoding: 'utf8' });
  const first = ['README.md', 'training/README.md', 'model-artifacts/README.md', 'api/README.md'];
  const place = (path) => (first.includes(path) ? first.indexOf(path) : first.length);
  return paths
    .trim()
    .split('\n')
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b, 'en'));
}

function ruleOf(command) {
  return RULES.find((rule) => rule.command.test(command));
}
