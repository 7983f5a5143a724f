import { describe, expect, it } from 'vitest';
import { LogWriter } from './log.ts';

const fault = (code: string) => Object.assign(new Error(code), { code });

/** A file on a disk of so many bytes. */
class Disk {
  text = '';
  free: number;

  constructor(free: number) {
    this.free = free;
  }

  write = (bytes: Uint8Array): number => {
    if (this.free === 0) throw fault('ENOSPC');
    const written = Math.min(bytes.length, this.free);
    this.free -= written;
    this.text += Buffer.from(bytes.subarray(0, written)).toString();
    return written;
  };
}

describe('a log', () => {
  it('is written line by line', () => {
    const disk = new Disk(1000);
    const log = new LogWriter(disk.write);
    log.write('one\n');
    log.write('zwei ä\n');
    expect(disk.text).toBe('one\nzwei ä\n');
    expect(log.lost).toBe(0);
  });

  it('on a full disk counts what is lost, and says so once there is room', () => {
    const disk = new Disk(6);
    const log = new LogWriter(disk.write);
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n']) log.write(line);
    expect(disk.text).toBe('one\ntw');
    expect(log.lost).toBe(3);
    disk.free = 1000;
    log.write('five\n');
    log.write('six\n');
    const [first, cut, told, five, six, ...rest] = disk.text.split('\n');
    expect([first, cut, five, six, rest]).toEqual(['one', 'tw', 'five', 'six', ['']]);
    expect(JSON.parse(told!)).toMatchObject({
      level: 50,
      lost: 3,
      msg: 'lines of the log were not written',
    });
    expect(log.lost).toBe(3);
  });

  it.each(['EPIPE', 'EIO', 'EBADF'])('that fails with %s throws nothing', (code) => {
    const log = new LogWriter(() => {
      throw fault(code);
    });
    log.write('one\n');
    expect(log.lost).toBe(1);
  });

  it('waits a little for a slow reader, and not for ever', () => {
    let attempts = 0;
    let text = '';
    const slow = new LogWriter((bytes) => {
      if (++attempts < 4) throw fault('EAGAIN');
      text += Buffer.from(bytes).toString();
      return bytes.length;
    });
    slow.write('one\n');
    expect([text, attempts, slow.lost]).toEqual(['one\n', 4, 0]);
    const stuck = new LogWriter(() => {
      throw fault('EAGAIN');
    });
    const start = performance.now();
    stuck.write('one\n');
    expect(stuck.lost).toBe(1);
    expect(performance.now() - start).toBeGreaterThan(900);
    const again = performance.now();
    for (let i = 0; i < 100; i++) stuck.write('two\n');
    expect(stuck.lost).toBe(101);
    expect(performance.now() - again).toBeLessThan(900);
  });
});
