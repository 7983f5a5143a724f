// Loaded into a server under attack, with --expose-gc: on SIGUSR2 it collects its garbage and says so.
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  process.on('SIGUSR2', () => {
    globalThis.gc();
    // What finalizers released is collected by the second.
    setTimeout(() => {
      globalThis.gc();
      process.send('collected');
    }, 100);
  });
  process.channel.unref();
}
