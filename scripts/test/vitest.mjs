import { join, relative } from 'node:path';
import { root } from '../lib/paths.mjs';
import { execute, judge, outcome, readReport, reportFile } from './execution.mjs';

/** Runs vitest and reads its report. */
export async function runVitest(suite, args, env) {
  const file = reportFile(suite);
  const ended = await execute(suite, join(root, 'node_modules', '.bin', 'vitest'), [
    'run', ...args, '--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`,
  ], env);
  return judge(suite, ended, read(readReport(file)));
}

function read(report) {
  if (!report) return outcome();
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  // A file that could not even be loaded has no tests, only a message.
  const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return outcome(
    tests.filter(({ status }) => status === 'passed').length,
    [...tests.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName), ...broken.map(({ name, message }) => `${relative(root, name)}: ${message.split('\n')[0]}`)],
    tests.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
  );
}
