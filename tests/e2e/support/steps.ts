import { afterEach, beforeAll, beforeEach } from 'vitest';
import { Lab, type LabOptions } from './lab';

/**
 * One lab for the tests of a `describe`, which are steps: each goes on where the last one ended, so after a failure none of the others is
 * run, and what the window showed is kept. Returns access to the lab.
 */
export function openLab(options: LabOptions): () => Lab {
  let lab: Lab;
  let failed: string | undefined;

  beforeAll(async () => {
    lab = await Lab.open(options);
    return () => lab.close();
  });

  beforeEach(({ skip, onTestFailed, task }) => {
    skip(failed !== undefined, `an earlier step failed: ${failed}`);
    onTestFailed(() => {
      failed ??= task.name;
    });
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') {
      await lab.keepEvidence(task.name);
    }
  });

  return () => lab;
}
