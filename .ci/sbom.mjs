// Prints the CycloneDX bill of materials of what serves: the api workspace and everything that it needs to run.
// `npm sbom --omit dev` leaves out what is a development dependency of any other workspace, sharp among it: so npm
// lists everything, and what is not reached from api without development dependencies is taken out here.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('..', import.meta.url);
const all = JSON.parse(
  execFileSync(
    'npm',
    ['sbom', '--package-lock-only', '--workspace', 'api', '--sbom-format', 'cyclonedx'],
    {
      cwd: fileURLToPath(root),
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  ),
);

/** What a workspace needs to run, by name. */
const needed = (workspace) => {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(new URL(`${workspace}/package.json`, root), 'utf8'),
  );
  return new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies)]);
};
const workspaces = { '@naevus/api': needed('api'), '@naevus/shared': needed('shared') };

const nameOf = (ref) => ref.slice(0, ref.lastIndexOf('@'));
const edges = new Map(all.dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]));
const start = [...edges.keys()].find((ref) => nameOf(ref) === '@naevus/api');
if (!start) throw new Error('npm lists no @naevus/api');
const reached = new Set();
const queue = [start];
for (let ref = queue.pop(); ref !== undefined; ref = queue.pop()) {
  if (reached.has(ref)) continue;
  reached.add(ref);
  const wanted = workspaces[nameOf(ref)];
  queue.push(...(edges.get(ref) ?? []).filter((to) => !wanted || wanted.has(nameOf(to))));
}
const components = all.components.filter((component) => reached.has(component['bom-ref']));
const missing = [...workspaces['@naevus/api']].filter(
  (name) => ![...reached].some((ref) => nameOf(ref) === name),
);
if (missing.length > 0) throw new Error(`not listed, though api needs it: ${missing.join(', ')}`);
const dependencies = all.dependencies
  .filter(({ ref }) => reached.has(ref))
  .map(({ ref, dependsOn = [] }) => ({
    ref,
    dependsOn: dependsOn.filter((to) => reached.has(to)),
  }));
console.log(JSON.stringify({ ...all, components, dependencies }, null, 2));
