import { capture, run } from '../lib/processes.mjs';
import { Failure } from '../lib/report.mjs';
import { root } from '../lib/paths.mjs';

let checked = false;

/** Runs the .NET SDK quietly and leaves no build server behind. */
export async function dotnet(what, args, { timeoutMs } = {}) {
  await ensureSdk();
  await run(what, 'dotnet', args, { cwd: root, env: dotnetEnvironment(), timeoutMs });
}

/** Build servers outlive a build to speed up the next; the compiler's gets a name of its own, so that ending ours ends nobody else's. */
export function dotnetEnvironment() {
  return {
    DOTNET_CLI_TELEMETRY_OPTOUT: '1',
    DOTNET_NOLOGO: '1',
    MSBUILDDISABLENODEREUSE: '1',
    SharedCompilationId: `kftray-${process.pid}`,
  };
}

async function ensureSdk() {
  if (checked) return;
  const { code, output } = await capture('dotnet', ['--version'], { cwd: root });
  if (code !== 0) throw new Failure(`The .NET 10 SDK is needed: ${code === 127 ? '`dotnet` is not on the PATH' : output.trim().split('\n')[0]}.`);
  checked = true;
}
