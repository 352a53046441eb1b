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

// https://learn.microsoft.com/windows/win32/debug/pe-format
function portableExecutable(program) {
  if (program.toString('latin1', 0, 2) !== 'MZ') return undefined;
  const header = program.readUInt32LE(0x3c);
  return `win32-${{ 0x8664: 'x64', 0xaa64: 'arm64' }[program.readUInt16LE(header + 4)]}`;
}
