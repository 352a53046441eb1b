import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { results, root } from '../lib/paths.mjs';
import { leftBehind, start, stop } from '../lib/processes.mjs';
import { seconds } from '../lib/report.mjs';

/** What a suite came to. `failures` are names or sentences, `skipped` are "name: reason". */
export function outcome(passed = 0, failures = [], skipped = []) {
  return { passed, failures, skipped };
}

/**
 * Runs a suite's program within its time limit and ends whatever it leaves behind.
 * Returns its exit code and the sentences about how it ended, if there is anything to say.
 */
export async function execute(suite, command, args, env) {
  const started = start(command, args, { cwd: root, env: { ...env, KFTRAY_SUITE: suite.name }, stdio: ['ignore', 'inherit', 'inherit'] });
  let timedOut = false;
  const timer = setTimeout(() => ((timedOut = true), void stop(started, { graceMs: 2000 })), suite.limitMs);
  const code = await started.exited;
  clearTimeout(timer);
  const complaints = [];
  if (timedOut) complaints.push(`${suite.name}: did not end within ${seconds(suite.limitMs)} and was stopped`);
  else if (code === 127) complaints.push(`${suite.name}: ${command} could not be started`);
  else for (const command of await leftBehind(started)) complaints.push(`${suite.name}: left a process running: ${command}`);
  await stop(started);
  return { code, complaints };
}

/** A fresh file for a runner's machine-readable report. */
export function reportFile(suite) {
  mkdirSync(results, { recursive: true });
  const file = join(results, `${suite.name}.json`);
  rmSync(file, { force: true });
  return file;
}

/** The report, or undefined when the runner ended without writing a whole one. */
export function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A runner that failed must not look green, whatever its report says; nor one that ran nothing. */
export function judge(suite, { code, complaints }, report) {
  const failures = [...report.failures, ...complaints];
  if (failures.length === 0 && code !== 0) failures.push(`${suite.name}: its runner ended with exit code ${code}`);
  if (failures.length === 0 && report.passed === 0) failures.push(`${suite.name}: no test ran`);
  return outcome(report.passed, failures, report.skipped);
}
