import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const KILOBYTE = 1024;

/** Asked in a process of its own: Node 20 has WebSockets behind a flag. */
const ASK = `
const [target] = await (await fetch(process.argv[1])).json();
const socket = new WebSocket(target.webSocketDebuggerUrl);
socket.addEventListener('open', () => {
  socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' }));
});
socket.addEventListener('message', ({ data }) => {
  const { id, result } = JSON.parse(data);
  if (id !== 1) return;
  console.log(JSON.stringify(result));
  process.exit();
});
socket.addEventListener('error', () => process.exit(1));
`;

/**
 * What V8 says of the one isolate of a workerd: its JavaScript heap, and the buffers outside of it, which are not
 * those of WebAssembly memories.
 *
 * @returns {Promise<{ heapBytes: number, bufferBytes: number }>}
 */
export async function heapUsage(inspectorPort) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--experimental-websocket', '--input-type=module', '-e', ASK, inspectorUrl(inspectorPort)],
    { timeout: 20_000 },
  );
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = JSON.parse(stdout);
  return { heapBytes: usedSize + embedderHeapUsedSize, bufferBytes: backingStorageSize };
}

function inspectorUrl(port) {
  return `http://127.0.0.1:${port}/json`;
}

/** From now on the peak of a process is counted anew. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/**
 * The most memory of a process that was resident at once, since its start or {@link forgetPeak}.
 *
 * @returns {number | undefined} bytes; undefined where there is no /proc
 */
export function peakResidentBytes(pid) {
  try {
    const [, kilobytes] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/);
    return Number(kilobytes) * KILOBYTE;
  } catch {
    return undefined;
  }
}
