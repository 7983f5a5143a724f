import { describe, expect, it } from 'vitest';
import { writeFixtureArtifact } from './helpers/fixture-artifact.ts';
import { runServer } from './helpers/server-process.ts';

/** Node options that have the process send itself a signal so long after it first listens to one. */
function signalItself(signal: string, milliseconds: number): string {
  const script = `process.on('newListener',(name)=>{if(name==='${signal}')setTimeout(()=>process.kill(process.pid,'${signal}'),${milliseconds})})`;
  return `--import=data:text/javascript,${script}`;
}

describe('a server that is told to stop while it starts', () => {
  it.each([0, 20, 60, 120, 250])('ends with 0, %i ms after its first line', async (after) => {
    const { code, signal, stderr } = await runServer({
      NAEVUS_MODEL_DIR: writeFixtureArtifact(),
      NODE_OPTIONS: signalItself('SIGTERM', after),
    });
    expect([code, signal, stderr]).toEqual([0, null, '']);
  });

  it('is not ended by a SIGHUP then', async () => {
    const { code, stderr } = await runServer({
      NAEVUS_MODEL_DIR: '/nonexistent',
      NODE_OPTIONS: signalItself('SIGHUP', 0),
    });
    // It got as far as to see that there is no model.
    expect(stderr).toMatch(/holds no model/);
    expect(code).toBe(1);
  });
});
