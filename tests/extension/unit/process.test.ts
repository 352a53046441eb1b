import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { describeExit, spawnSidecar, StreamTail } from '../../../extension/src/sidecar/process';

it('Tail_ManyLines_KeepsTheLast', () => {
  const stream = new PassThrough();
  const tail = new StreamTail(stream, 2);
  stream.write('one\ntwo\nth');
  stream.write('ree\r\nfour');
  expect(tail.text).toBe('three\nfour');
});

it('Tail_ALineWithoutEnd_DoesNotGrowForEver', () => {
  const stream = new PassThrough();
  const tail = new StreamTail(stream);
  stream.write('x'.repeat(100_000));
  expect(tail.text).toHaveLength(4096);
});

it('Spawn_AMissingFile_IsAnExitAndNotAnException', async () => {
  const exit = await spawnSidecar('/nowhere/kftray-sidecar', 'window').exited;
  expect(describeExit(exit)).toContain('ENOENT');
});

it.each([
  [{ code: 3, signal: null }, 'exit code 3'],
  [{ code: null, signal: 'SIGSEGV' }, 'signal SIGSEGV'],
])('DescribeExit_%o_Is_%s', (exit, expected) => {
  expect(describeExit(exit)).toBe(expected);
});
