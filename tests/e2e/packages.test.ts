import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectVsix } from '../../scripts/build/inspectVsix.mjs';
import { targets, thisTarget } from '../../scripts/build/targets.mjs';
import { dist } from '../../scripts/lib/paths.mjs';

const built = targets.filter((target) => existsSync(join(dist, `kftray-${target}.vsix`)));

it('Packages_OfThisMachine_AreThere', () => {
  expect(built).toContain(thisTarget());
});

it.each(built)('Package_For_%s_CarriesItsSidecarAndNothingElse', (target) => {
  const { mib, files } = inspectVsix(join(dist, `kftray-${target}.vsix`), target);
  console.log(`kftray-${target}.vsix: ${mib.toFixed(1)} MiB, ${files} files`);
});

it('Package_OfAnotherPlatform_IsFoundOut', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kftray-package-'));
  const other = targets.find((target) => target !== thisTarget())!;
  copyFileSync(join(dist, `kftray-${thisTarget()}.vsix`), join(folder, 'renamed.vsix'));
  expect(() => inspectVsix(join(folder, 'renamed.vsix'), other)).toThrow();
  rmSync(folder, { recursive: true });
});

it('Packages_WithANameOfTheirOwn_BelongToATarget', () => {
  const names = readdirSync(dist).filter((name) => name.endsWith('.vsix'));
  expect(names.filter((name) => !targets.some((target) => name === `kftray-${target}.vsix`))).toEqual([]);
});
