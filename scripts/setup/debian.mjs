import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { capture, run } from '../lib/processes.mjs';
import { Failure, step } from '../lib/report.mjs';

const isRoot = process.getuid?.() === 0;
let listsAreFresh = false;

// Asked by invoke-rc.d before it starts a service; 101 is "not allowed": https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt
const policy = '/usr/sbin/policy-rc.d';

/**
 * Installs the Debian packages that are missing; as root only. `purpose` completes "… needs …".
 * Throws one sentence that says what to install where we cannot.
 */
export async function ensureDebianPackages(purpose, packages) {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!existsSync('/usr/bin/apt-get')) throw new Failure(`${purpose} needs what Debian calls ${missing.join(', ')}: install it with this system's package manager.`);
  if (!isRoot) throw new Failure(`${purpose} needs ${missing.join(', ')}: run \`sudo ${command}\`.`);

  step(`Installing Debian packages for ${purpose}: ${missing.join(', ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!listsAreFresh) await run('apt-get update', 'apt-get', ['update', '-q'], { env });
  listsAreFresh = true;
  await withoutServices(() => run('apt-get install', 'apt-get', command.split(' ').slice(1), { env }));
}

/** Packages of servers start them when they are installed: nothing that we install may be left listening. */
async function withoutServices(install) {
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}

async function missingPackages(packages) {
  const { output } = await capture('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...packages], { env: { LC_ALL: 'C' } });
  const installed = new Set(output.split('\n').filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]));
  return packages.filter((name) => !installed.has(name));
}
