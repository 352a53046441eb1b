import { Failure, step } from '../lib/report.mjs';
import { ensureDebianPackages } from './debian.mjs';

/** The servers and clients that tests run behind a forward. Where they cannot be installed, those tests say what is missing and are skipped. */
export async function ensureServers() {
  if (process.platform !== 'linux') return;
  try {
    await ensureDebianPackages('Tests with real servers', ['dnsutils', 'dnsmasq-base', 'iproute2', 'postgresql', 'redis-server']);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    step(`Leaving tests out: ${error.message}`);
  }
}
