// Reads single members out of a zip archive, for machines without unzip. Plain zip only: no zip64, no encryption.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const endOfCentralDirectory = 0x06054b50;
const centralHeader = 0x02014b50;

/** The archive's members: name, size in bytes, unix mode (0 if unknown), and `read()`. */
export function zipMembers(path) {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || bytes.readUInt32LE(end) !== endOfCentralDirectory) throw new Error(`${path} is not a zip archive`);
  const members = [];
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    if (bytes.readUInt32LE(at) !== centralHeader) throw new Error(`${path}: damaged central directory`);
    const method = bytes.readUInt16LE(at + 10);
    const packed = bytes.readUInt32LE(at + 20);
    const size = bytes.readUInt32LE(at + 24);
    const nameLength = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    members.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      size,
      mode: bytes.readUInt32LE(at + 38) >>> 16,
      read() {
        const data = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
        const content = bytes.subarray(data, data + packed);
        return method === 0 ? content : inflateRawSync(content);
      },
    });
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return members;
}
