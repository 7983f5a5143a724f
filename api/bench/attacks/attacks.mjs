import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask, getText, openSocket, postHead, tally } from './raw-client.mjs';

const PHOTO = readFileSync(
  fileURLToPath(new URL('../../src/http/page/examples/ISIC_0025751.jpg', import.meta.url)),
);
const JSON_TYPE = { 'Content-Type': 'application/json' };
const TEN_MEBIBYTES = 10 << 20;

/** @typedef {import('./watched-server.mjs').WatchedServer} WatchedServer */

/** 500 requests for a file of the page over one connection, which closes before anything of them is read. */
export async function pipelineAndClose(server) {
  const socket = await openSocket(server.port);
  socket.pause();
  socket.write(getText('/assets/page.js').repeat(500));
  await delay(200);
  socket.destroy();
}

/** 92 kB of requests for a file of the page over each of 10 connections, of whose answers nothing is read. */
export async function pipelineUnread(server, seconds) {
  const request = getText('/assets/page.js');
  const text = request.repeat(Math.floor(92_000 / request.length));
  await unread(server, 10, text, seconds);
}

/** 50 requests for the weights over each of 20 connections, of whose answers nothing is read. */
export async function pipelineWeights(server, seconds) {
  await unread(server, 20, getText(await weightsPath(server)).repeat(50), seconds);
}

/** 300 connections that ask for the weights and read nothing. */
export async function readersThatDoNotRead(server, seconds) {
  await unread(server, 300, getText(await weightsPath(server)), seconds);
}

async function weightsPath(server) {
  return `/artifact/${(await modelOf(server)).version}/tfjs/weights-1of2.bin`;
}

async function modelOf(server) {
  return (await fetch(`http://127.0.0.1:${server.port}/model`)).json();
}

async function unread(server, count, text, seconds) {
  const sockets = await Promise.all(Array.from({ length: count }, () => openSocket(server.port)));
  for (const socket of sockets) {
    socket.pause();
    socket.write(text);
  }
  await delay(seconds * 1000);
  for (const socket of sockets) socket.destroy();
}

/** 48 requests at once of 10 MiB of nested data to v2. */
export async function nestedTensors(server) {
  const path = `/v2/models/${(await modelOf(server)).name}/infer`;
  const row = `[${Array(512).fill('[[[1]]]').join(',')}]`;
  const rows = Math.floor((TEN_MEBIBYTES - 200) / (row.length + 1));
  const data = Array(rows).fill(row).join(',');
  const body = `{"inputs":[{"name":"image","shape":[1,224,224,3],"datatype":"UINT8","data":[${data}]}]}`;
  return askTogether(server, 48, path, body);
}

/** 48 requests at once of 10 MiB of base64 that is no image. */
export function largeBase64(server) {
  const body = `{"image":"${'A'.repeat(TEN_MEBIBYTES - 100)}"}`;
  return askTogether(server, 48, '/predict', body);
}

async function askTogether(server, count, path, body) {
  const options = { method: 'POST', headers: JSON_TYPE, body };
  const asked = Array.from({ length: count }, () => ask(server, path, options));
  return tally(await Promise.all(asked));
}

/** 200 bodies of 9.9 MiB of which the last bytes do not come. */
export async function unfinishedBodies(server, seconds) {
  const length = Math.floor(9.9 * 2 ** 20);
  const piece = Buffer.alloc(length - 1000);
  const sockets = await Promise.all(Array.from({ length: 200 }, () => openSocket(server.port)));
  for (const socket of sockets) {
    socket.resume();
    socket.write(postHead('/predict', length));
    socket.write(piece);
  }
  await delay(seconds * 1000);
  for (const socket of sockets) socket.destroy();
}

/** 70 requests at once of 40 runs of the network each. */
export async function expensiveMaps(server) {
  const path = '/gradcam?tta=8&method=dense-grad-cam';
  const asked = Array.from({ length: 70 }, () =>
    ask(server, path, { method: 'POST', body: PHOTO }),
  );
  return tally(await Promise.all(asked));
}

/** So many images over 4 connections, one after another on each. */
export async function ordinaryService(server, requests) {
  let left = requests;
  const outcomes = [];
  const client = async () => {
    while (left-- > 0)
      outcomes.push(await ask(server, '/predict', { method: 'POST', body: PHOTO }));
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return tally(outcomes);
}

/**
 * SIGINT to a server as from a terminal to `npm start`: to its group, and once more by npm a moment later, while 8
 * uploads are half sent, whose rest comes then.
 *
 * @returns how many of the uploads were answered with 200, and how the server ended
 */
export async function interruptTwice(server, name = 'SIGINT') {
  const uploads = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const socket = await openSocket(server.port);
      let text = '';
      socket.setEncoding('latin1').on('data', (piece) => {
        text += piece;
      });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(postHead('/predict', PHOTO.length));
      socket.write(PHOTO.subarray(0, PHOTO.length / 2));
      return { socket, closed, answer: () => text };
    }),
  );
  while ((await server.figures()).unanswered < uploads.length) await delay(20);
  server.signal(name);
  await delay(30);
  server.signal(name);
  for (const { socket } of uploads) socket.write(PHOTO.subarray(PHOTO.length / 2));
  const [end] = await Promise.all([server.ended, ...uploads.map(({ closed }) => closed)]);
  const answered = uploads.filter(({ answer }) => answer().startsWith('HTTP/1.1 200 ')).length;
  return { uploads: uploads.length, answered, ...end };
}

/** 20 images to a server whose log cannot be written. */
export async function askWithoutLog(server) {
  const outcomes = await ordinaryService(server, 20);
  return { outcomes, logLinesLost: (await server.figures()).logLinesLost };
}
