// npm test: every suite, in order; the last line is "N passed, N failed". npm run test:fast: the inner loop.
//   --only functional,e2e   some suites
//   --fast                  the unit tests of both languages
import { parseArgs } from 'node:util';
import { Failure, main, seconds } from './lib/report.mjs';
import { ensureNodeModules } from './setup/nodeModules.mjs';
import { outcome } from './test/execution.mjs';
import { suites } from './test/suites.mjs';

await main(async () => {
  const chosen = choose();
  await ensureNodeModules();
  const ran = [];
  for (const suite of chosen) ran.push(await runSuite(suite));
  return summarize(ran);
});

function choose() {
  const { values } = parseArgs({ options: { only: { type: 'string', multiple: true }, fast: { type: 'boolean', default: false } } });
  const names = values.only?.flatMap((list) => list.split(','));
  const unknown = names?.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown !== undefined) throw new Failure(`There is no suite ${unknown}. The suites are ${suites.map(({ name }) => name).join(', ')}.`);
  return suites.filter((suite) => (names ? names.includes(suite.name) : !values.fast || suite.fast));
}

async function runSuite(suite) {
  console.log(`\n── ${suite.name}: ${suite.title}`);
  const began = performance.now();
  let result;
  try {
    const env = await suite.prepare?.();
    result = await suite.run(suite, env);
  } catch (error) {
    // One suite that cannot run does not keep the others from running.
    console.error(error instanceof Failure ? `✖ ${error.message}` : error);
    result = outcome(0, [`${suite.name} could not run: ${error.message.split('\n')[0]}`]);
  }
  return { suite, result, took: performance.now() - began };
}

function summarize(ran) {
  console.log('\n── summary');
  const width = Math.max(...ran.map(({ suite }) => suite.name.length));
  for (const { suite, result, took } of ran) {
    const skipped = result.skipped.length > 0 ? `, ${result.skipped.length} skipped` : '';
    console.log(`${suite.name.padEnd(width)}  ${result.passed} passed, ${result.failures.length} failed${skipped} (${seconds(took)})`);
    for (const failure of result.failures) console.log(`  ✖ ${failure}`);
    for (const skip of result.skipped) console.log(`  – not run: ${skip}`);
  }
  const passed = ran.reduce((sum, { result }) => sum + result.passed, 0);
  const failed = ran.reduce((sum, { result }) => sum + result.failures.length, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}
