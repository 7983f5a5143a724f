// Asks a server that was just started or deployed whether it serves what it should: is it ready, which version, a
// picture's scores, its heat map.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const HELP = `npm run smoke -- URL [--version X.Y.Z] [--seconds N]

URL              where the server answers
--version X.Y.Z  the version that it must serve
--seconds N      how long to wait until it is ready (default: 120)
`;
const PICTURE = new URL('../api/src/http/page/examples/ISIC_0025751.jpg', import.meta.url);

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      version: { type: 'string' },
      seconds: { type: 'string', default: '120' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.help) return console.log(HELP);
  if (positionals.length !== 1) throw new Error(`one URL is needed\n\n${HELP}`);
  const base = positionals[0].replace(/\/$/, '');
  await ready(base, Number(values.seconds));

  const photo = readFileSync(PICTURE);
  const prediction = await answer(base, '/predict', photo, 'application/json');
  const { model, predictions } = JSON.parse(prediction.toString());
  if (values.version !== undefined && model.version !== values.version) {
    throw new Error(`${base} serves ${model.version}, not ${values.version}`);
  }
  const total = predictions.reduce((sum, { score }) => sum + score, 0);
  if (predictions.length !== 7 || !(Math.abs(total - 1) < 1e-6)) {
    throw new Error(`${base} gives ${predictions.length} scores that sum to ${total}`);
  }
  const map = await answer(base, '/gradcam', photo, 'image/png');
  if (map.subarray(1, 4).toString() !== 'PNG') throw new Error(`${base}/gradcam gives no PNG`);
  const [top] = predictions;
  console.log(
    `${base} serves ${model.name} ${model.version} (${model.sha256}): ${top.label} ${top.score.toFixed(3)}, a heat map of ${map.length} bytes`,
  );
}

async function ready(base, seconds) {
  const deadline = performance.now() + seconds * 1000;
  let last = 'no answer';
  while (performance.now() < deadline) {
    try {
      const response = await fetch(`${base}/health/ready`);
      await response.arrayBuffer();
      if (response.ok) return;
      last = `status ${response.status}`;
    } catch (error) {
      last = error.cause?.code ?? error.message;
    }
    await delay(500);
  }
  throw new Error(`${base} was not ready within ${seconds} s (${last})`);
}

async function answer(base, path, body, accept) {
  const response = await fetch(base + path, { method: 'POST', body, headers: { Accept: accept } });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`${base}${path} answers ${response.status}: ${bytes}`);
  return bytes;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
