import { join } from 'node:path';
import { root } from '../lib/paths.mjs';
import { execute, judge, outcome, readReport, reportFile } from './execution.mjs';

/** Runs an xunit.v3 test project, which is a program of its own, and reads its report (https://ctrf.io). */
export async function runXunit(suite, project, env) {
  const file = reportFile(suite);
  const exe = process.platform === 'win32' ? '.exe' : '';
  const program = join(root, 'tests', project, 'bin', 'Debug', 'net10.0', `${project}${exe}`);
  const ended = await execute(suite, program, ['-noColor', '-noLogo', '-longRunning', '60', '-result-ctrf', file], env);
  return judge(suite, ended, read(readReport(file)));
}

function read(report) {
  if (!report) return outcome();
  const { tests, extra } = report.results;
  const errors = (extra?.suites ?? []).flatMap((suite) => suite.errors ?? []);
  return outcome(
    tests.filter(({ status }) => status === 'passed').length,
    [...tests.filter(({ status }) => status === 'failed').map(({ name }) => name), ...errors.map(({ message }) => message ?? 'error outside a test')],
    tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ name, message }) => `${name}: ${message ?? 'no reason given'}`),
  );
}
