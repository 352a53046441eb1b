// Tar archives, written so that the same content gives the same bytes: POSIX.1-1988 (ustar), no times, no owners but root.
const block = 512;

/** `entries`: `{ name, content }` for a file, with `mode` where it is not 0644; `{ name }` ending in `/` for a folder. Names of at most 100 bytes. */
export function tar(entries) {
  const parts = entries.flatMap(({ name, content, mode }) => {
    if (content === undefined) return [header(name, 0, mode ?? 0o755, '5')];
    const padding = Buffer.alloc((block - (content.length % block)) % block);
    return [header(name, content.length, mode ?? 0o644, '0'), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(name, size, mode, type) {
  if (Buffer.byteLength(name) > 100) throw new RangeError(`${name} is too long a name for this kind of archive.`);
  const bytes = Buffer.alloc(block);
  const octal = (value, at, length) => bytes.write(value.toString(8).padStart(length - 1, '0'), at, 'ascii');
  bytes.write(name, 0, 'utf8');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  bytes.write(' '.repeat(8), 148, 'ascii');
  bytes.write(type, 156, 'ascii');
  bytes.write('ustar\x0000', 257, 'latin1');
  octal(bytes.reduce((sum, byte) => sum + byte, 0), 148, 7);
  return bytes;
}
