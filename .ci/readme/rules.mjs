// What is done with each command of the documents: the first rule that fits says it. A command that no rule fits is an
// error: whoever writes one says here how it is run, or why it cannot be.

const CLOUDFLARE =
  'needs an account of Cloudflare; api/test/bulk.test.ts and edge.test.ts run the deployed bundles';
const HOURS = 'hours, on data that are not in the repository';

/**
 * @typedef {object} Rule
 * @property {RegExp} command
 * @property {string} [leftOut] why it is not run
 * @property {'server' | 'edge'} [starts] it goes on, and is asked whether it is ready
 * @property {boolean} [trained] it needs the run that README.md trains
 * @property {boolean} [asks] it needs a server that answers
 * @property {readonly number[]} [statuses] that it may end with, 0 by default
 * @property {(command: string) => string} [as] what is run in its place: paths that a reader puts in
 */

/** @type {readonly Rule[]} */
export const RULES = [
  { command: /^npm ci && npm test$/, leftOut: '.ci/run runs it' },
  { command: /^npm ci && npm start$/, starts: 'server', as: withoutInstall },
  { command: /^npm ci && npm run dev:edge$/, starts: 'edge', as: withoutInstall },
  { command: /^([A-Z_]+=\S+( \S+)? )*npm start$/, starts: 'server' },
  {
    command: /^curl .*(localhost|server):8080/,
    asks: true,
    as: (line) => `${line} --fail-with-body -sS`,
  },
  { command: /^npx naevus (predict|gradcam|report) / },
  { command: /^node api\/dist\/node\.js keys / },
  { command: /^node dist\/node\.js keys /, as: (line) => `cd api && ${line}` },

  { command: /^npm run setup:training$/ },
  {
    command: /^npm run train -- --data DIR --weights \S+ --out runs\/mine --preset head$/,
    as: (line) => line.replace(/--weights \S+/, '--weights "$WEIGHTS"').replace('DIR', '"$DATA"'),
  },
  { command: /^npm run (train|ablate|release) /, leftOut: HOURS },
  {
    command: /^npm run export -- --run (RUN|runs\/mine) --version 1\.2\.3( --no-current)?$/,
    as: (line) => line.replace('RUN', 'runs/mine'),
    trained: true,
  },
  { command: /^npm run export /, leftOut: HOURS },
  {
    command: /^npm run evaluate -- --data DIR --metadata /,
    as: (line) =>
      line
        .replace(/--metadata \S+/, '--metadata "$DATA/HAM10000_metadata.csv"')
        .replace('DIR', '"$DATA"'),
  },
  { command: /^tensorboard /, leftOut: 'TensorBoard is not among what is installed' },

  {
    // Too few images to tell drift, or drift: both are answers.
    command: /^npm run drift /,
    asks: true,
    statuses: [0, 1, 2],
  },
  { command: /^npm run models -- use 1\.2\.3$/, trained: true },
  { command: /^npm run models -- (list|show|diff|verify|use|prune|keygen|sign) ?/ },
  { command: /^npm run models -- add DIR$/, as: (line) => line.replace('DIR', '"$OTHER_VERSION"') },
  {
    // Made-up images are few, and not those of the bundled version: floors alone, which such a candidate may miss.
    command: /^npm run gate -- --candidate \S+ --data DIR/,
    as: (line) => `${line.replace('DIR', '"$DATA"')} --current none --policy "$POLICY"`,
    trained: true,
    statuses: [0, 2],
  },

  {
    command: /^npm run bench/,
    leftOut: 'ten minutes or more each, on a machine that does nothing else',
  },
  { command: /^cd api && npm run build$/, as: () => 'npm run build --workspace @naevus/api' },
  { command: /wrangler|deploy:bulk|\$WORKER/, leftOut: CLOUDFLARE },
  {
    command: /^git tag model-v/,
    leftOut: 'needs GitHub; npm run rehearse runs the workflow that it starts',
  },
  {
    command: /naevus-\d+\.\d+\.\d+\.tgz|^npx naevus serve$/,
    leftOut: 'api/test/packages.test.ts packs, installs and runs it',
  },
];

function withoutInstall(line) {
  return line.replace('npm ci && ', '');
}
