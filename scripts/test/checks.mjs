import { execute, outcome } from './execution.mjs';

/** Runs tools that have no tests, only a verdict: each counts as one. */
export async function runChecks(suite, checks, env) {
  const total = outcome();
  for (const { name, command, args } of checks) {
    const { code, complaints } = await execute(suite, command, args, env);
    if (code === 0 && complaints.length === 0) total.passed++;
    else total.failures.push(complaints[0] ?? name);
    console.log(`${code === 0 ? '✓' : '✖'} ${name}`);
  }
  return total;
}
