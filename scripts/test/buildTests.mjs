import { join } from 'node:path';
import { dotnet } from '../build/dotnet.mjs';
import { root } from '../lib/paths.mjs';
import { step } from '../lib/report.mjs';

/** Builds one test project and what it stands on. */
export async function buildTests(project) {
  step(`Building ${project}`);
  await dotnet(`Building ${project}`, ['build', join(root, 'tests', project), '-v', 'quiet', '--nologo', '-consoleLoggerParameters:NoSummary']);
}
