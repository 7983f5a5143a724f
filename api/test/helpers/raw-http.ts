import { request } from 'node:http';
import { connect } from 'node:net';

/** An answer to a request that `fetch` would not send. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Posts chunks without a Content-Length. */
export function postChunked(url: string, chunks: Iterable<Uint8Array>): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST' }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers, body });
      });
    });
    // After the answer it fails, as what the server no longer reads cannot be written.
    outgoing.on('error', reject);
    outgoing.on('socket', (socket) => socket.on('error', reject));
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

/** Writes bytes on a socket and reads until the server closes it. */
export function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(bytes);
  });
}
