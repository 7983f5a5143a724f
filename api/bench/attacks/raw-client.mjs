import { once } from 'node:events';
import { connect } from 'node:net';

/** A connection to a server, whatever is sent over it. Errors of the socket are told by its closing. */
export async function openSocket(port) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}

/** A GET as it is sent. */
export const getText = (path) => `GET ${path} HTTP/1.1\r\nHost: attack\r\n\r\n`;

/** The header of a POST as it is sent. */
export function postHead(path, length, headers = {}) {
  const lines = Object.entries({ Host: 'attack', 'Content-Length': length, ...headers });
  return `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/**
 * Sends a request by `fetch` over a connection of its own, and reads its answer.
 *
 * @returns {Promise<string>} its status, or by what name it failed where there was no answer
 */
export async function ask(server, path, options = {}) {
  try {
    const headers = { ...options.headers, Connection: 'close' };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { ...options, headers });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    return error.cause?.code ?? error.cause?.message ?? error.message;
  }
}

/** How often each of the outcomes came. */
export function tally(outcomes) {
  const counts = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
