import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FIXTURES, writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { pythonWith } from './helpers/python-packages.ts';
import { startServer } from './helpers/server-process.ts';

const python = await pythonWith('schemathesis');

/** Random paths would only be told that there is no such model. */
const CONFIG = `
color = false
[parameters]
"path.name" = "naevus-fixture"
"path.version" = "0.0.1"
`;

/** What each answer is held to: never a 500, and nothing that the document does not say. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];

it.skipIf(!python)(
  'a running server does what its OpenAPI document says, whatever is sent',
  async () => {
    const server = await startServer({ NAEVUS_MODEL_DIR: writeFixtureArtifact() });
    mkdirSync(FIXTURES, { recursive: true });
    const config = join(FIXTURES, 'schemathesis.toml');
    writeFileSync(config, CONFIG);
    const { stdout } = await python!(
      [
        ...['-m', 'schemathesis.cli', '--config-file', config],
        ...['run', `${server.url}/openapi.json`],
        ...['--checks', CHECKS.join(), '--mode', 'all'],
        ...['--max-examples', '5', '--seed', '1', '--generation-deterministic'],
        ...['--request-timeout', '30'],
      ],
      // It keeps notes where it runs.
      { limitMs: 500_000, cwd: FIXTURES },
    ).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.stdout}\n${error.stderr}`);
    });
    expect(stdout).toMatch(/ (\d+) generated, \1 passed/);
    expect(await server.stop()).toBe(0);
    expect(server.log.filter(({ msg }) => msg === 'defect')).toEqual([]);
  },
  550_000,
);
