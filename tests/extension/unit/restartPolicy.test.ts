import { expect, it } from 'vitest';
import { RestartPolicy } from '../../../extension/src/sidecar/restartPolicy';

const minute = 60_000;

it('Policy_ThreeCrashesInFiveMinutes_AreMendedWithGrowingDelays', () => {
  const policy = new RestartPolicy();
  expect([0, 1, 2].map((time) => policy.crashed(time * minute))).toEqual([
    { restart: true, delayMs: 0 },
    { restart: true, delayMs: 1000 },
    { restart: true, delayMs: 3000 },
  ]);
});

it('Policy_TheFourthInTheWindow_IsTheUsersToDecide', () => {
  const policy = new RestartPolicy();
  [0, 1, 2].forEach((time) => policy.crashed(time * minute));
  expect(policy.crashed(4 * minute)).toEqual({ restart: false });
});

it('Policy_WhenTheWindowHasSlidOn_OldCrashesDoNotCount', () => {
  const policy = new RestartPolicy();
  [0, 1, 2].forEach((time) => policy.crashed(time * minute));
  expect(policy.crashed(5 * minute)).toEqual({ restart: true, delayMs: 3000 });
  expect(policy.crashed(5.5 * minute)).toEqual({ restart: false });
});

it('Policy_AfterAReset_StartsAnew', () => {
  const policy = new RestartPolicy();
  [0, 0, 0].forEach((time) => policy.crashed(time));
  policy.reset();
  expect(policy.crashed(1)).toEqual({ restart: true, delayMs: 0 });
});
