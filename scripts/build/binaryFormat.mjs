// What the first bytes of a program say about where it runs.

/** The target of a program, in the words of `targets.mjs`; `unknown` for what is none. */
export function platformOf(program) {
  return elf(program) ?? machO(program) ?? portableExecutable(program) ?? 'unknown';
}

// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
function elf(program) {
  if (program.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const processor = { 0x3e: 'x64', 0xb7: 'arm64' }[program.readUInt16LE(18)];
  // The loader's path stands near the beginning, and musl's has its name.
  const system = program.subarray(0, 65_536).includes('/ld-musl-') ? 'alpine' : 'linux';
  return `${system}-${processor}`;
}

// https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h
function machO(program) {
  if (program.readUInt32LE(0) !== 0xfeedfacf) return undefined;
  return `darwin-${{ 0x01000007: 'x64', 0x0100000c: 'arm64' }[program.readUInt32LE(4)]}`;
}

/** Whether a Mach-O program carries a signature; macOS runs none without on arm64. */
export function isSigned(program) {
  const codeSignature = 0x1d;
  let at = 32;
  for (let left = program.readUInt32LE(16); left > 0; left--) {
    if (program.readUInt32LE(at) === codeSignature) return true;
    at += program.readUInt32LE(at + 4);
  }
  return false;
}

// https://github.com/dotnet/runtime/blob/main/src/native/corehost/apphost/bundle_marker.cpp : the SHA-256 of ".net core bundle\n", by which the host finds what it brings.
const bundleSignature = Buffer.from('8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae', 'hex');

/** Whether a program brings the .NET runtime and its assemblies in itself; one that was compiled ahead of time does not. */
export function isBundle(program) {
  return program.includes(bundleSignature);
}

// https://learn.microsoft.com/windows/win32/debug/pe-format
function portableExecutable(program) {
  if (program.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const header = program.readUInt32LE(0x3c);
  return `win32-${{ 0x8664: 'x64', 0xaa64: 'arm64' }[program.readUInt16LE(header + 4)]}`;
}
