import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SetupError } from './setup-error.mjs';
import { fetchTensorFlow, wheelFor } from './tensorflow-wheel.mjs';

describe('wheelFor', () => {
  it.each([
    ['linux', 'x64', true, 'manylinux_2_27_x86_64'],
    ['linux', 'arm64', true, 'manylinux_2_27_aarch64'],
    ['darwin', 'arm64', false, 'macosx_12_0_arm64'],
  ])('%s %s: %s %s', (os, cpu, hasGlibc, platform) => {
    expect(wheelFor(os, cpu, hasGlibc)).toMatchObject({
      platform,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it.each([
    ['linux', 'x64', false, /without glibc/, /Linux with glibc/],
    ['win32', 'x64', false, /win32 x64/, /npm rebuild/],
    ['darwin', 'x64', false, /darwin x64/, /npm rebuild/],
    ['linux', 'riscv64', true, /linux riscv64/, /Linux with glibc/],
  ])('%s %s glibc %s: says what is missing and what to do', (os, cpu, glibc, message, remedy) => {
    expect(() => wheelFor(os, cpu, glibc)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      }),
    );
  });
});

describe.skipIf(process.platform === 'win32')('fetchTensorFlow', () => {
  const wheel = wheelFor('linux', 'x64', true);
  let folder;
  let cache;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wheel-'));
    cache = join(folder, 'cache');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program in Python's place: what it does with pip's arguments is `script`. */
  function pythonThat(script) {
    const path = join(folder, 'python');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  const failureOf = (script) =>
    fetchTensorFlow(cache, wheel, pythonThat(script), () => {}).then(
      () => expect.unreachable(),
      (error) => error,
    );

  it('refuses a wheel that is not the pinned one and leaves nothing of it', async () => {
    const error = await failureOf(
      'while [ "$1" != --dest ]; do shift; done; echo other > "$2/tensorflow_cpu-2.21.0.whl"',
    );
    expect(error).toBeInstanceOf(SetupError);
    expect(error.message).toMatch(/SHA-256 .* not the file this project pins/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it.each([
    [
      "echo 'WARNING: Retrying after NewConnectionError: Failed to establish a new connection' >&2; exit 1",
      /not reachable/,
      /mirror/,
    ],
    ["echo 'ERROR: No matching distribution found' >&2; exit 1", /No matching/, /pip config list/],
    ["echo 'OSError: [Errno 28] No space left on device' >&2; exit 1", /disk filled up/, /free/],
  ])('tells failures of pip apart: %s', async (script, message, remedy) => {
    const error = await failureOf(script);
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
    expect(readdirSync(cache)).toEqual([]);
  });
});
