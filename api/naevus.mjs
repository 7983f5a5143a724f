#!/usr/bin/env node
// The command that npm links: there before anything is built.
import { existsSync } from 'node:fs';

const program = new URL('./dist/cli.js', import.meta.url);
if (existsSync(program)) {
  await import(program);
} else {
  process.stderr.write('naevus: it is not built yet; run: npm run build\n');
  process.exitCode = 2;
}
